"""How bytes get in and out: gRPC, WebSocket, the browser page, and the announcement of servers on a network."""
