"""What clients share: state, frames, commands, who holds what, and the recording. No sockets."""
