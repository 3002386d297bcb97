"""Everything that can go wrong and is the reader's to mend.

The text of each error is one sentence or two for the person at the keyboard or in the headset: what happened,
why, and what to do. The command line prints it and exits with 1; the server sends it to the client.
"""


class AtomtugError(Exception):
    """The base of all errors with a text written for the user."""


class InputError(AtomtugError):
    """Something the user gave (a file, an option, a message) can't be used."""


class EngineError(AtomtugError):
    """An engine could not give energy and forces for a geometry."""


class UnsureError(EngineError):
    """A network knows nothing of the next geometry: another engine should go on."""


class RecordingError(AtomtugError):
    """A recording can't be written or read."""


class NotARecording(RecordingError):
    """A file that is no recording was given where one is needed."""


class ConnectionFailed(AtomtugError):
    """A server can't be reached, or went away."""


class CommandFailed(AtomtugError):
    """A command was understood but could not be carried out now."""


class DeviceMissing(AtomtugError):
    """A headset, its runtime, a graphics card or a library that they need is not there, or went away."""
