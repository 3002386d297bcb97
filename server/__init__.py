"""The server: engines, dynamics, the session that owns them, one module per transport."""
