"""What recordings may be called."""

import re
import time

from atomtug.core.errors import InputError
from atomtug.core.systems import System
from atomtug.core.text import shortened

SUFFIX = ".h5"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,99}")


def checked_stem(name: object) -> str:
    """The name of a file without its suffix, which the user gave or not.

    Raises:
        InputError: it can't be a file's
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InputError(
            f"A recording can't be called {shortened(repr(name))}: use letters, digits, spaces and . _ + - (it goes "
            f"to the server's folder for recordings)."
        )
    return name.removesuffix(SUFFIX)


def file_stem(name: str | None, system: System) -> str:
    """As :func:`checked_stem`; without a name the system's, and the time.

    Raises:
        InputError: it can't be a file's
    """
    if name is not None:
        return checked_stem(name)
    plain = re.sub(r"[^A-Za-z0-9._+-]", "_", system.name).lstrip("._+-")[:100] or "recording"
    return f"{plain}-{time.strftime('%Y%m%d-%H%M%S')}"
