"""The client of the server's gRPC interface.

- :mod:`grpc_client`: the client; :mod:`channel`, :mod:`address` and :mod:`subscription`: calls and streams beneath it
- :mod:`client_frame`: frames as a client holds them
- :mod:`interaction` and :mod:`command_call`: what a client sends
"""
