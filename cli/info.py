"""``atomtug info``: what is in a file of ours."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click


@dataclass(frozen=True)
class Description:
    """A file in words and as JSON."""

    text: str
    data: dict[str, Any]


def _recording(path: Path) -> Description:
    from atomtug.recordings import Recording
    from atomtug.recordings.describe import describe
    from atomtug.recordings.summary import summarise

    with Recording(path) as recording:
        summary = summarise(recording)
    return Description(describe(summary), summary.as_dict())


def _data_set(path: Path) -> Description:
    from atomtug.trainer.data import read
    from atomtug.trainer.data.summary import as_dict, summary

    data = read(path)
    return Description(summary(data), as_dict(data))


# Another kind of file is another line here: the `format` attribute of its root, and who describes it.
KINDS: dict[str, Callable[[Path], Description]] = {
    "atomtug recording": _recording,
    "atomtug data set": _data_set,
}


@click.command("info")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each file.")
def command(files: tuple[Path, ...], as_json: bool) -> None:
    """Say what is in a recording or a data set.

    Of a recording: who pulled what, which bonds broke and formed, and on which engine. It may be read while
    it is being written, and after its writer was killed. Of a data set: how many labels of each molecule and
    trajectory there are, and how many failed.
    """
    from atomtug.recordings.opening import format_of

    for number, path in enumerate(files):
        described = KINDS.get(format_of(path), _recording)(path)
        if as_json:
            click.echo(json.dumps({"format": format_of(path), **described.data}))
        else:
            click.echo(("\n" if number else "") + described.text)
