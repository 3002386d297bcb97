"""Options of a training, shared by the commands that train."""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from atomtug.cli.options import ANY_PATH
from atomtug.core.errors import InputError
from atomtug.core.shipped import shipped_data
from atomtug.trainer.fit.settings import Settings


class Numbers(click.ParamType):  # type: ignore[type-arg]
    """``64,64``, or a list in a TOML file.

    Args:
        meaning: what the numbers are, for the error
    """

    name = "N,N,..."

    def __init__(self, meaning: str = "layer sizes such as 64,64") -> None:
        self.meaning = meaning

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """To a tuple of positive numbers."""
        parts = value.split(",") if isinstance(value, str) else value
        try:
            return tuple(int(part) for part in parts)
        except (TypeError, ValueError):
            self.fail(f"{value!r} is no list of {self.meaning}.", param, ctx)


_HELP = {
    "n_basis": "Radial functions of the descriptor, and as many angular ones.",
    "r_min": "The first radial function, Å.",
    "r_cut": "Cutoff, Å.",
    "r_angular": "Cutoff of triples, Å; 0 for that of pairs.",
    "n_radial": "Radial functions of pairs; 0 for as many as of triples.",
    "repulsion": "Atoms pressed together repel, whatever the networks say.",
    "tau": "How little neighbouring functions overlap; above 1.",
    "hidden": "Units of each hidden layer.",
    "activation": "silu, tanh, celu or sigmoid.",
    "members": "Networks in the committee.",
    "components": "Principal components of the descriptor that are trained on.",
    "floor": "Components weaker than this share of the strongest are not scaled up further.",
    "epochs": "At most.",
    "patience": "Stop after so many epochs without a better score; 0 for never.",
    "batch": "Geometries in a step.",
    "learning_rate": "At its highest.",
    "force_weight": "Of squared force errors (eV/Å) to energy errors (eV) an atom.",
    "robust": "eV/Å from which force errors count by size, not square; 0 for never.",
    "l1": "Penalty on the size of weights.",
    "l2": "Penalty on their squares.",
    "bagging": "Share of the trajectories that a member does not see, others for each.",
    "average": "Steps whose weights are averaged.",
    "validation": "Share of each molecule's trajectories held out to judge by.",
    "seed": "Of everything random.",
}


def settings_options(defaults: Settings) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """An option for every field of :class:`Settings`, with these defaults."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        for field in reversed(fields(Settings)):
            value = getattr(defaults, field.name)
            shown = ",".join(map(str, value)) if isinstance(value, tuple) else value
            command = click.option(
                f"--{field.name.replace('_', '-')}",
                type=Numbers() if isinstance(value, tuple) else type(value),
                default=shown,
                show_default=True,
                help=_HELP[field.name],
            )(command)
        return command

    return add


def data_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--data``, once or several times."""
    return click.option(
        "--data",
        "data",
        multiple=True,
        type=ANY_PATH,
        default=lambda: (shipped_data(),),
        show_default="the one that comes with atomtug",
        help="Data set to learn from; may be given several times.",
    )(command)


def write_config(path: Path, command: str, options: Mapping[str, Any]) -> None:
    """Options as a TOML file for ``--config``.

    Raises:
        InputError: it can't be written
    """
    lines = [f"[{command}]"]
    for key, value in options.items():
        lines.append(f"{key.replace('_', '-')} = {json.dumps(value)}")
    try:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} can't be written: {error}") from error
