"""The client of the server's gRPC interface: frames, shared state, interactions and commands."""
