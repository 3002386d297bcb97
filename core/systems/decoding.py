"""Text files in the encodings that people's programs write."""

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path


def read_text(path: Path) -> str:
    """The text of a file, its lines ended by ``\\n``.

    UTF-8 with or without a byte order mark; UTF-16 with a mark, or without one where every other byte is zero;
    anything else as Latin-1, which is wrong in a comment's accents at most.

    Raises:
        OSError: it can't be read
    """
    return decode(path.read_bytes()).replace("\r\n", "\n").replace("\r", "\n")


def decode(data: bytes) -> str:
    """The text that bytes stand for; see :func:`read_text`."""
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    head = data[:64]
    if len(head) >= 4 and not any(head[1::2]):
        return data.decode("utf-16-le", errors="replace")
    if len(head) >= 4 and not any(head[::2]):
        return data.decode("utf-16-be", errors="replace")
    try:
        return data.removeprefix(BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
