"""``atomtug steer``: record many trajectories that scripted hands steer."""

import json
import sys
from functools import partial
from pathlib import Path

import click

from atomtug.cli.live_learning import (
    LEARN_PARAMETERS,
    check_learn_given,
    check_learnable,
    learn_beside_options,
)
from atomtug.cli.options import (
    NEW_FOLDER,
    access_options,
    anyway_option,
    cooling_option,
    dynamics_options,
    follow_state_option,
    given_options,
    json_line_option,
    refuse_without,
    system_options,
)
from atomtug.cli.steer_learning import LearningSeries, steer_and_learn
from atomtug.cli.steer_report import run_as_json, show, summarise
from atomtug.cli.stopping import INTERRUPTED
from atomtug.cli.uncertainty_options import uncertainty_options
from atomtug.core.errors import EngineError, RecordingError
from atomtug.core.systems import System, Unit, load_system
from atomtug.server.dynamics.uncertainty import WhenUnsure
from atomtug.server.listening import read_token
from atomtug.vr_client.client.grpc_client import Client
from atomtug.vr_client.scripted.script_file import load_script
from atomtug.vr_client.scripted.series import SteeringSeries
from atomtug.vr_client.scripted.trials import BUILT_IN
from atomtug.workflows.steering import steer, steer_on


def _range(_ctx: click.Context, _param: click.Parameter, text: str) -> tuple[float, float]:
    """``300`` or ``250:400`` -> (low, high)."""
    low, _, high = text.partition(":")
    try:
        pair = float(low), float(high or low)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is neither a number nor LOW:HIGH.") from error
    if not 0.0 <= pair[0] <= pair[1] < 1e5:
        raise click.BadParameter(f"{text!r} is no range from a lower to a higher temperature.")
    return pair


@click.command("steer")
@click.argument("system", required=False)
@click.option("--system", "also_system", help="The same as SYSTEM.")
@system_options
@click.option(
    "--script",
    default="abstract",
    show_default=True,
    metavar="abstract|add|substitute|associate|dissociate|graze|stretch|rough|FILE.toml",
    help="abstract: take a hydrogen off. add: to a double bond. substitute: a leaving group. associate: bond two "
    "molecules. dissociate: break a bond. graze: come near and leave. stretch: pull the molecule about. rough: tear, "
    "press and thrust. Or a script of your own (docs/scripts.md).",
)
@click.option(
    "--site",
    default="any",
    show_default=True,
    help="Which atom is attacked: of hydrogens primary, secondary, tertiary; any; or by name (H7), element, SMARTS "
    "or index from 0. For dissociate, the bond: C1,C2. For a script of your own, where the attacker begins.",
)
@click.option(
    "--attacker",
    default="",
    help="What attacks: a molecule or its atom, by name (OH, HO:O), element, SMARTS or index. Default: a free CN, "
    "else the smallest radical, anion or base.",
)
@click.option("--target", default="", help="What is attacked: a molecule or atoms. Default: any other.")
@click.option(
    "--beyond", default=0.0, show_default=True, help="abstract: carry the product so far away, angstrom."
)
@click.option("--trajectories", default=1, show_default=True, type=click.IntRange(1), help="How many.")
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(0), help="The same seed, the same choices."
)
@click.option(
    "--out",
    default=Path("runs"),
    show_default=True,
    type=NEW_FOLDER,
    help="Folder for recordings.",
)
@click.option("--engine", default="pm6", show_default=True, help="As for `atomtug serve`.")
@anyway_option
@uncertainty_options
@learn_beside_options
@click.option(
    "--temperature",
    default="300",
    show_default=True,
    callback=_range,
    metavar="K|LOW:HIGH",
    help="With a range, drawn for each trajectory.",
)
@cooling_option
@dynamics_options
@follow_state_option
@click.option(
    "--server",
    metavar="ADDRESS",
    help="Steer a server that runs already, starting from where its radical is; it records in its own folder.",
)
@access_options
@json_line_option
@click.pass_context
def command(
    ctx: click.Context,
    system: str | None,
    also_system: str | None,
    charge: int | None,
    multiplicity: int | None,
    frame: int | None,
    unit: Unit | None,
    script: str,
    site: str,
    attacker: str,
    target: str,
    beyond: float,
    trajectories: int,
    seed: int,
    out: Path,
    engine: str,
    anyway: bool,
    uncertainty_limit: float,
    when_unsure: WhenUnsure,
    learn: bool,
    learn_to: Path,
    learn_data: tuple[Path, ...],
    learn_every: int,
    scheduler: str | None,
    temperature: tuple[float, float],
    cool_after_pull: float,
    friction: float,
    timestep: float,
    steps_per_frame: int,
    follow_state: bool,
    server: str | None,
    token_file: Path | None,
    tls_root: Path | None,
    as_json: bool,
) -> None:
    """Steer reactions by script on a server of their own, and record them.

    SYSTEM is a name that `atomtug systems` lists, a structure file or SMILES, or several with plus signs between. For
    each trajectory the attacker is put before an atom of the target, and a hand with a strength, a speed and a tremor
    of its own does what the script says, as fast as the engine goes. abstract, add, substitute, associate and graze
    need two molecules; dissociate, stretch, rough and scripts of your own do not.

    Atoms are named as the server names them (H4, CN:C), energies are in kcal/mol.

    \b
    atomtug steer isopentane --site tertiary --trajectories 20 --seed 1 --out runs/
    """
    hands = script if script in BUILT_IN else load_script(script)
    series = SteeringSeries(hands, site, seed, beyond, attacker, target)
    if also_system and system and also_system != system:
        raise click.UsageError(f"Which one, {system} or {also_system}? Name one system.")
    name = system or also_system
    simulated: System | None = None
    if server is None:
        if name is None:
            raise click.UsageError("Name a system, e.g. `atomtug steer methane`; see `atomtug systems`.")
        refuse_without(ctx, "--server", ("token_file", "tls_root"))
        check_learn_given(ctx)
        simulated = load_system(name, charge, multiplicity, frame, unit)
        for note in simulated.notes:
            click.echo(f"{simulated.name}: {note}", err=True)
        learning: LearningSeries | None = None
        if learn:
            model = check_learnable(engine, uncertainty_limit, learn_to)
            learning = LearningSeries(model, learn_to, learn_data, learn_every, scheduler)
        begin = partial(
            steer if learning is None else partial(steer_and_learn, learning),
            simulated,
            out,
            trajectories,
            series,
            engine=engine,
            anyway=anyway,
            cool_after_pull=cool_after_pull,
            temperature=temperature,
            friction=friction,
            timestep=timestep,
            steps_per_frame=steps_per_frame,
            uncertainty_limit=uncertainty_limit,
            when_unsure=when_unsure,
            follow_state=follow_state,
        )
    else:
        asked = given_options(ctx)
        fixed = {
            "charge",
            "multiplicity",
            "frame",
            "unit",
            "engine",
            "anyway",
            "cool_after_pull",
            "uncertainty_limit",
            "when_unsure",
            "steps_per_frame",
            "follow_state",
            "learn",
            *LEARN_PARAMETERS,
            "out",
        }
        theirs = asked & fixed
        if theirs or name:
            what = ", ".join(sorted(f"--{key.replace('_', '-')}" for key in theirs)) or "The system"
            raise click.UsageError(
                f"{what} can't be chosen with --server: it was chosen when that was started."
            )
        given = {"friction": friction, "timestep": timestep}
        dynamics = {key: value for key, value in given.items() if key in asked}
        token = None if token_file is None else read_token(token_file)
        begin = partial(
            steer_on,
            lambda: Client.connect(server, token, tls_root),
            trajectories,
            series,
            temperature=temperature if "temperature" in asked else None,
            dynamics=dynamics,
        )
    done, failure = show(begin, trajectories)
    summarise(done)
    if as_json:
        click.echo(json.dumps({"seed": seed, "trajectories": [run_as_json(run) for run in done]}))
    advice = "" if simulated is None else _advice(simulated)
    if isinstance(failure, EngineError) and advice and "--multiplicity" not in str(failure):
        raise EngineError(f"{failure} {advice}") from failure
    if failure is not None:
        raise failure
    stopped = sum(run.stopped for run in done)
    if stopped:
        click.echo(f"{stopped} of {len(done)} ended before the script did. {advice}".rstrip(), err=True)
    if len(done) < trajectories:
        click.echo(f"Stopped after {len(done)} of {trajectories} trajectories.", err=True)
        sys.exit(INTERRUPTED)
    partly = [run for run in done if run.recording_error]
    if partly:
        raise RecordingError(
            f"{len(partly)} of {len(done)} {'was' if len(partly) == 1 else 'were'} not recorded to the end. "
            f"{partly[0].recording_error}"
        )
    if stopped == len(done):
        sys.exit(1)


def _advice(system: System) -> str:
    """What to check when an engine fails."""
    return (
        f"{system.name} was simulated with charge {system.charge} and multiplicity {system.multiplicity}: if it has "
        f"others, give --charge and --multiplicity; otherwise try another --engine."
    )
