"""A file that is written beside the one whose place it takes."""

import os
from pathlib import Path

import pytest

from atomtug.core.files import replacing


def test_a_device_or_pipe_is_refused_and_stays_what_it_was(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="no regular file"), replacing(pipe):
        pytest.fail("it was let in")
    assert pipe.is_fifo()


def test_of_a_link_the_file_that_it_leads_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    file, link = tmp_path / "elsewhere" / "data.h5", tmp_path / "data.h5"
    link.symlink_to(file)
    for text in ("first", "second"):
        with replacing(link) as draft:
            draft.write_text(text)
        assert link.is_symlink()
        assert file.read_text() == text
    assert list(file.parent.iterdir()) == [file]
