"""``atomtug info``: what is in a recording or a data set."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atomtug.cli.options import ANY_PATH
from atomtug.cli.read_options import chosen, read_options
from atomtug.core.errors import AtomtugError, InputError, NotARecording

if TYPE_CHECKING:
    from atomtug.trainer.data import DataSet

SUFFIXES = (".h5", ".hdf5", ".extxyz", ".db", ".npz", ".traj")
"""The files of a folder that are described."""
RECORDING, DATA_SET = "atomtug recording", "atomtug data set"
"""What the root attribute ``format`` says in files of our own."""


@dataclass(frozen=True)
class Description:
    """A file in words and as JSON.

    Args:
        format: what kind of file it is
        text: for people
        data: for programs
    """

    format: str
    text: str
    data: dict[str, Any]


@click.command("info")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=ANY_PATH)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each file.")
@read_options
def command(files: tuple[Path, ...], as_json: bool, **reading: Any) -> None:
    """Say what is in recordings and data sets; a folder stands for those in it.

    Of a recording: who pulled what, which bonds broke and formed, and on which engine. It may be read while
    it is being written, and after its writer was killed. Of a data set, in any format that `atomtug convert` reads:
    how many labels of each molecule and trajectory there are, and how many failed. Atoms are named as the server
    names them (H4, CN:C), energies are in kcal/mol.
    """
    number = 0
    for path, listed in _expanded(files):
        try:
            described = describe_file(path, reading)
        except AtomtugError as error:
            if not listed:
                raise
            click.echo(f"Skipped: {error}", err=True)
            continue
        if as_json:
            click.echo(json.dumps({"format": described.format, **described.data}))
        else:
            click.echo(("\n" if number else "") + described.text)
        number += 1
    if not number:
        raise InputError(f"Nothing in {', '.join(map(str, files))} is a recording or a data set.")


def _expanded(paths: tuple[Path, ...]) -> Iterator[tuple[Path, bool]]:
    """Each file, and whether it comes from the listing of a folder.

    Raises:
        InputError: a folder holds no file that could be described
    """
    for path in paths:
        if not path.is_dir():
            yield path, False
            continue
        inside = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
        if not inside:
            raise InputError(f"The folder {path} holds no recording (*.h5) and no data set: check the path.")
        for file in inside:
            yield file, True


def describe_file(path: Path, reading: Mapping[str, Any] | None = None) -> Description:
    """Describe a recording, or a data set in any format that is known.

    Args:
        path: of the file
        reading: what :data:`~atomtug.cli.read_options.read_options` gave

    Raises:
        AtomtugError: the file is neither, is damaged, or can't be read
    """
    from atomtug.recordings.opening import format_of
    from atomtug.trainer.data import read

    kind = format_of(path)
    if kind == DATA_SET:
        return _data_set(DATA_SET, path, read(path))
    try:
        return _recording(path)
    except NotARecording as error:
        return _foreign(path, error, reading or {})


def _recording(path: Path) -> Description:
    from atomtug.recordings import Recording
    from atomtug.recordings.describe import describe
    from atomtug.recordings.summary import summarise

    with Recording(path) as recording:
        summary = summarise(recording)
    return Description(RECORDING, describe(summary), summary.as_dict())


def _foreign(path: Path, no_recording: NotARecording, reading: Mapping[str, Any]) -> Description:
    """A data set in another program's format.

    Raises:
        InputError: it is none either
    """
    from atomtug.trainer.exchange import load

    try:
        # Only counts are shown: units that look wrong are the concern of who trains on the numbers.
        data = load(path, options=replace(chosen(**{**reading, "any_units": True}), energies_needed=False))
    except InputError as error:
        raise InputError(f"{no_recording} Nor can it be read as a data set: {error}") from error
    return _data_set("data set of another program", path, data)


def _data_set(kind: str, path: Path, data: "DataSet") -> Description:
    """A data set's counts."""
    from atomtug.trainer.data.summary import as_dict, summary

    return Description(kind, f"{path}\n{summary(data)}", {"path": str(path), **as_dict(data)})
