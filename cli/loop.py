"""``atomtug loop``: steer on the network, label what surprised it, train on, swap; round by round.

Each part is the command of that name, run as a user would; only the server stays from round to round, and the new
network takes over in it while it is up.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from atomtug.cli.options import FILE
from atomtug.core.errors import AtomtugError, InputError
from atomtug.core.systems import System, load_system
from atomtug.core.text import table
from atomtug.server.app import ServerOptions, running_server
from atomtug.server.dynamics.uncertainty import DEFAULT_LIMIT
from atomtug.vr_client.client.grpc_client import Client
from atomtug.wire import command_names


@dataclass(frozen=True)
class Round:
    """What a round came to.

    Args:
        number: from 1; 0 before the first
        model: the network after it
        candidates: frames that surprised the one before it
        labels: geometries labelled in it
        mae_kcal, force_mae_kcal_A: on the held-out geometries, kcal/mol and kcal/mol/angstrom
    """

    number: int
    model: str
    candidates: int
    labels: int
    mae_kcal: float
    force_mae_kcal_A: float | None


@dataclass(frozen=True)
class _Plan:
    """What is the same in all rounds."""

    system: System
    source: str
    out: Path
    script: str
    trajectories: int
    labels: int
    seed: int
    limit: float
    data: tuple[Path, ...]
    theory: tuple[str, ...]
    training: tuple[str, ...]

    @property
    def labelled(self) -> Path:
        """The data set that grows."""
        return self.out / "labels.h5"

    def model(self, number: int) -> Path:
        """The network after a round."""
        return self.out / f"round-{number}.safetensors"


@click.command("loop")
@click.option(
    "--system", "source", required=True, help="A name that `atomtug systems` lists, or an .xyz file."
)
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1), help="How many.")
@click.option(
    "--model",
    "start",
    type=FILE,
    help="The network to begin with. Default: one is trained on what hands do on PM6.",
)
@click.option(
    "--data", multiple=True, type=FILE, help="Labels to train on besides the new ones, e.g. data/train.h5."
)
@click.option("--heldout", type=FILE, help="Labels to judge by. Default: of a trajectory of its own, on PM6.")
@click.option(
    "--out",
    default=Path("runs/loop"),
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for recordings, labels and networks.",
)
@click.option("--trajectories", default=4, show_default=True, type=click.IntRange(1), help="Of each round.")
@click.option(
    "--script", default="abstract", show_default=True, help="What the hands do, as for `atomtug steer`."
)
@click.option(
    "--labels", default=40, show_default=True, type=click.IntRange(1), help="Of each round, at most."
)
@click.option(
    "--uncertainty-limit",
    default=DEFAULT_LIMIT,
    show_default=True,
    help="kJ/mol from which on it is surprised.",
)
@click.option("--functional", default="pbe", show_default=True, help="Of the labels.")
@click.option("--basis", default="def2-tzvp", show_default=True, help="Of the labels.")
@click.option("--workers", type=click.IntRange(1), help="Processes that label. Default: one a core.")
@click.option("--epochs", default=100, show_default=True, type=click.IntRange(1), help="Of each training.")
@click.option(
    "--validation", default=0.1, show_default=True, help="Share of trajectories held out in training."
)
@click.option("--hidden", default="64,64", show_default=True, help="Of a network trained from nothing.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Of everything random.")
@click.option("--json", "as_json", is_flag=True, help="A JSON object as the last line.")
def command(
    source: str,
    rounds: int,
    start: Path | None,
    data: tuple[Path, ...],
    heldout: Path | None,
    out: Path,
    trajectories: int,
    script: str,
    labels: int,
    uncertainty_limit: float,
    functional: str,
    basis: str,
    workers: int | None,
    epochs: int,
    validation: float,
    hidden: str,
    seed: int,
    as_json: bool,
) -> None:
    """Let a network learn from what surprises it, in rounds.

    In each: hands steer on the network, live; frames of which its members say different things are labelled by DFT;
    its training goes on with them; and it takes over in the running server. After each round its error on held-out
    geometries is told.

    \b
    atomtug loop --system methane --rounds 3 --model data/models/alkanes.safetensors --data data/train.h5
    """
    if (out / "labels.h5").exists():
        raise InputError(f"{out} holds the labels of an earlier loop: choose another --out.")
    plan = _Plan(
        system=load_system(source),
        source=source,
        out=out,
        script=script,
        trajectories=trajectories,
        labels=labels,
        seed=seed,
        limit=uncertainty_limit,
        data=data,
        theory=(
            *("--functional", functional, "--basis", basis),
            *(() if workers is None else ("--workers", str(workers))),
        ),
        training=("--epochs", str(epochs), "--validation", str(validation), "--seed", str(seed)),
    )
    judged = heldout or _make_heldout(plan)
    if start is None:
        start = _first_model(plan, hidden)
    done = [Round(0, start.name, 0, 0, *_judge(start, judged))]
    for finished in _rounds(plan, start, judged, rounds):
        done.append(finished)
        click.echo(_line(done))
    click.echo("\n" + _table(done))
    if as_json:
        click.echo(json.dumps({"rounds": [asdict(each) for each in done]}))


def _rounds(plan: _Plan, start: Path, heldout: Path, count: int) -> Iterator[Round]:
    model, surprises = start, 0
    with _server(plan, f"ann:{start}") as (address, client):
        for number in range(1, count + 1):
            folder = _steer(plan, address, number)
            total = int(client.run(command_names.ENGINE_STATUS)["candidates"])
            candidates, surprises = total - surprises, total
            before = _labelled(plan)
            try:
                _run("label", *_paths(folder), "--from-candidates", *_labelling(plan))
            except InputError as error:  # nothing surprised it
                click.echo(f"Round {number}: {error}")
                return
            old, model = model, plan.model(number)
            _train(plan, model, "--continue", str(old))
            client.run(command_names.LOAD_ENGINE, engine=f"ann:{model.stem}")
            scores = _judge(model, heldout)
            yield Round(number, model.name, candidates, _labelled(plan) - before, *scores)


@contextmanager
def _server(plan: _Plan, engine: str) -> Iterator[tuple[str, Client]]:
    """A server that stays over all rounds, unpaced, and a client of it."""
    options = ServerOptions(
        [plan.system],
        engine=engine,
        fps=0.0,
        seed=plan.seed,
        recordings=plan.out / "recordings",
        paused=True,
        models=[plan.out],
        uncertainty_limit=plan.limit,
    )
    with running_server(options) as server, Client.connect(server.address) as client:
        yield server.address, client


def _steer(plan: _Plan, address: str, number: int) -> list[Path]:
    """Steer a round on the server; returns its recordings."""
    folder = plan.out / "recordings"
    before = set(folder.glob("*.h5"))
    seed = str(1000 * plan.seed + number)
    _run(
        *("steer", "--server", address, "--script", plan.script, "--seed", seed),
        *("--trajectories", str(plan.trajectories)),
    )
    return sorted(set(folder.glob("*.h5")) - before)


def _on_pm6(plan: _Plan, number: int, trajectories: int) -> list[Path]:
    folder = plan.out / f"pm6-{number}"
    seed = str(1000 * plan.seed + 900 + number)
    _run(
        *("steer", plan.source, "--script", plan.script, "--seed", seed, "--out", str(folder)),
        *("--trajectories", str(trajectories)),
    )
    return sorted(folder.glob("*.h5"))


def _make_heldout(plan: _Plan) -> Path:
    path = plan.out / "heldout.h5"
    recordings = _on_pm6(plan, 1, 1)
    _run("label", *_paths(recordings), "--out", str(path), "--select", f"fps:{plan.labels}", *plan.theory)
    return path


def _first_model(plan: _Plan, hidden: str) -> Path:
    recordings = _on_pm6(plan, 0, max(plan.trajectories, 2))
    _run("label", *_paths(recordings), *_labelling(plan))
    _train(plan, plan.model(0), "--hidden", hidden)
    return plan.model(0)


def _labelling(plan: _Plan) -> tuple[str, ...]:
    return ("--out", str(plan.labelled), "--select", f"fps:{plan.labels}", *plan.theory)


def _train(plan: _Plan, model: Path, *more: str) -> None:
    sets = [part for path in (*plan.data, plan.labelled) for part in ("--data", str(path))]
    _run("train", *sets, "--out", str(model), *plan.training, *more)


def _labelled(plan: _Plan) -> int:
    from atomtug.trainer.data import read

    return len(read(plan.labelled)) if plan.labelled.exists() else 0


def _judge(model: Path, heldout: Path) -> tuple[float, float | None]:
    """Mean absolute errors, kcal/mol and kcal/mol/angstrom."""
    from atomtug.potential import load_model
    from atomtug.trainer.data import read
    from atomtug.trainer.evaluation import evaluate_model
    from atomtug.trainer.fit import gather

    data = read(heldout)
    names = {entry.key: entry.name for entry in data.trajectories}
    scores = evaluate_model(load_model(model), gather([data]), names).overall["network"]
    return scores.mae_kcal, scores.force_mae_kcal_A


def _run(name: str, *arguments: str) -> None:
    """Another command, as if typed; what it can't do is an error here, too."""
    from atomtug.cli import cli

    click.echo(f"$ atomtug {name} {' '.join(arguments)}", err=True)
    found = cli.get_command(click.Context(cli), name)
    assert found is not None
    try:
        found.main(list(arguments), prog_name=f"atomtug {name}", standalone_mode=False)
    except click.ClickException as error:
        raise AtomtugError(f"atomtug {name} could not be run: {error.format_message()}") from error


def _paths(paths: list[Path]) -> list[str]:
    return [str(path) for path in paths]


def _line(done: list[Round]) -> str:
    last, before = done[-1], done[-2]
    return (
        f"Round {last.number}: {last.candidates} frames surprised {before.model}, {last.labels} labelled; held-out "
        f"error {before.mae_kcal:.2f} -> {last.mae_kcal:.2f} kcal/mol"
    )


def _table(done: list[Round]) -> str:
    rows = [("round", "network", "candidates", "labelled", "kcal/mol", "kcal/mol/Å")]
    number: Callable[[Any], str] = lambda value: "" if value is None else f"{value:.2f}"  # noqa: E731
    for each in done:
        errors = number(each.mae_kcal), number(each.force_mae_kcal_A)
        rows.append((str(each.number), each.model, str(each.candidates), str(each.labels), *errors))
    return "Held-out error, round by round\n" + table(rows[0], rows[1:])
