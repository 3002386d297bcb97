"""The networks that were trained in a folder while a session ran: what ``learning.jsonl`` tells of them."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from atomtug.core.errors import InputError

LOG = "learning.jsonl"


@dataclass(frozen=True)
class LiveNetwork:
    """A network that was trained in a folder, as a line of ``learning.jsonl`` tells it.

    Args:
        number: from 1
        file: of the network, in the folder
        start: the file that its training began with
        labels: geometries labelled by then, those to judge by included
        surprised: frames of the session so far that the network was not sure of
        accepted: whether it might take over
        objection: why not
        error_before_kcal, error_after_kcal: of the network before it and its own, on geometries that neither learned
        force_error_before_kcal_A, force_error_after_kcal_A: likewise of the forces
        when: date and time
        minutes: since the learner was started
    """

    number: int
    file: str
    start: str
    labels: int
    surprised: int
    accepted: bool
    objection: str
    error_before_kcal: float | None
    error_after_kcal: float | None
    force_error_before_kcal_A: float | None
    force_error_after_kcal_A: float | None
    when: str
    minutes: float


def read_networks(folder: Path) -> list[LiveNetwork]:
    """The networks that were trained in a folder, in order.

    Raises:
        InputError: the folder's log is damaged
    """
    log = folder / LOG
    if not log.exists():
        return []
    try:
        return [LiveNetwork(**json.loads(line)) for line in log.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{log} can't be read ({error}): move it away, or use another folder.") from error


def add_network(folder: Path, network: LiveNetwork) -> None:
    """Write a network into its folder's log."""
    with (folder / LOG).open("a", encoding="utf-8") as log:
        log.write(json.dumps(asdict(network)) + "\n")


def accepted(networks: Iterable[LiveNetwork]) -> list[LiveNetwork]:
    """Those that might take over."""
    return [each for each in networks if each.accepted]
