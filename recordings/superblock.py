"""The first 48 bytes of an HDF5 file, and a way to read a file whatever its writer is doing.

HDF5 marks a file that is open for writing and refuses to open it until the mark is removed. HDF5's own way,
reading in SWMR mode, waits very long if the file is damaged and its writer dead. So an unclosed file is presented
to HDF5 as a closed one. SWMR's order of writing keeps the file consistent at every moment; where a read and a write
cross, a checksum fails and the reader tries again. A reader never locks the file.

The layout is the "Version 2 and 3 Superblock" of the HDF5 File Format Specification.
"""

import io
import os
import struct
from dataclasses import dataclass
from pathlib import Path

SIGNATURE = b"\x89HDF\r\n\x1a\n"
SIZE = 48
_FLAGS_AT = 11
_END_AT = 28
_CHECKSUM_AT = 44
_SWMR_VERSION = 3

SWMR = 4

# Version 3, offsets and lengths of 8 bytes, no flags, base address 0, no extension, an end to be filled in, and the
# root group right behind: what create.py's files begin with.
_USUAL = SIGNATURE + bytes([3, 8, 8, 0]) + bytes(8) + b"\xff" * 8 + bytes(8) + struct.pack("<QI", SIZE, 0)


@dataclass(frozen=True)
class Superblock:
    """The parts of a superblock that are needed here.

    Args:
        raw: its bytes, fewer than 48 where the file is shorter
    """

    raw: bytes

    @property
    def is_hdf5(self) -> bool:
        """Whether the file begins as HDF5 does."""
        return self.raw.startswith(SIGNATURE)

    @property
    def flags(self) -> int:
        """The consistency flags: 0 once the file is closed, and in old versions that have none."""
        if len(self.raw) < SIZE or self.raw[len(SIGNATURE)] < _SWMR_VERSION:
            return 0
        return self.raw[_FLAGS_AT]

    def closed(self, length: int) -> bytes:
        """The same superblock as if the file had been closed with this length."""
        block = bytearray(self.raw)
        block[_FLAGS_AT] = 0
        block[_END_AT : _END_AT + 8] = struct.pack("<Q", length)
        block[_CHECKSUM_AT:SIZE] = struct.pack("<I", lookup3(bytes(block[:_CHECKSUM_AT])))
        return bytes(block)


class FileView(io.RawIOBase):
    """A file for h5py to read that always looks closed.

    Args:
        path: of an HDF5 file
        whole: also have it look as if it were not cut short; what is missing then fails when it is read
        rebuilt: whatever its first bytes are, show those that every recording has
    """

    def __init__(self, path: Path, whole: bool = False, rebuilt: bool = False) -> None:
        self._file = path.open("rb", buffering=0)
        # What is written later is seen when the file is opened again.
        self._length = os.fstat(self._file.fileno()).st_size
        block = Superblock(_USUAL if rebuilt else self._file.read(SIZE))
        known = len(block.raw) == SIZE and block.raw[len(SIGNATURE)] == _SWMR_VERSION
        self._start = block.closed(self._length) if block.flags or (whole and known) else block.raw
        self._at = 0

    def readable(self) -> bool:
        """True: the view can be read."""
        return True

    def seekable(self) -> bool:
        """True: the view can be read."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """See :class:`io.RawIOBase`."""
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._length}[whence]
        return self._at

    def tell(self) -> int:
        """See :class:`io.RawIOBase`."""
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer completely, because HDF5 takes a short read for a full one.

        Raises:
            OSError: the file ends before
        """
        count = len(buffer)
        self._file.seek(self._at)
        content = self._file.read(count) or b""
        if len(content) < count:
            raise OSError("truncated file: a part is missing at its end")
        buffer[:] = content
        if self._at < SIZE:
            shown = self._start[self._at : self._at + count]
            buffer[: len(shown)] = shown
        self._at += count
        return count

    def close(self) -> None:
        """See :class:`io.RawIOBase`."""
        self._file.close()
        super().close()


def read_superblock(path: Path) -> Superblock:
    """Read the superblock of a file.

    Raises:
        OSError: the file can't be read
    """
    with path.open("rb") as stream:
        return Superblock(stream.read(SIZE))


def lookup3(data: bytes) -> int:
    """Bob Jenkins' hash ``hashlittle`` of 2006 (public domain), which HDF5 has for its checksums."""
    mask = 0xFFFFFFFF
    a = b = c = (0xDEADBEEF + len(data)) & mask

    def rotate(value: int, bits: int) -> int:
        return ((value << bits) | (value >> (32 - bits))) & mask

    while len(data) > 12:
        x, y, z = struct.unpack_from("<III", data)
        a, b, c = (a + x) & mask, (b + y) & mask, (c + z) & mask
        for bits in (4, 6, 8, 16, 19, 4):
            a = ((a - c) & mask) ^ rotate(c, bits)
            c = (c + b) & mask
            a, b, c = b, c, a
        data = data[12:]
    if data:
        x, y, z = struct.unpack("<III", data.ljust(12, b"\0"))
        a, b, c = (a + x) & mask, (b + y) & mask, (c + z) & mask
        for bits in (14, 11, 25, 16, 4, 14, 24):
            c = ((c ^ b) - rotate(b, bits)) & mask
            a, b, c = b, c, a
        # Seven turns of the three leave the result one place on.
        c = b
    return c
