"""``atomtug serve``: simulate live, for clients to pull on."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from atomtug.cli.live_learning import (
    check_learn_given,
    check_learnable,
    learn_beside_options,
    learner_beside,
)
from atomtug.cli.network import make_network, network_options, resolved
from atomtug.cli.options import (
    FOLDER,
    anyway_option,
    cooling_option,
    dynamics_options,
    follow_state_option,
    system_options,
)
from atomtug.cli.uncertainty_options import uncertainty_options
from atomtug.core.errors import InputError
from atomtug.core.shipped import shipped_models
from atomtug.core.systems import BUILT_IN, System, Unit, load_system
from atomtug.core.systems.valences import molecules_of
from atomtug.server.dynamics.force_laws import FORCE_LAWS, ForceLawName
from atomtug.server.dynamics.interaction_forces import DEFAULT_FORCE_CAP
from atomtug.server.dynamics.settings import THERMOSTATS, DynamicsSettings, Thermostat
from atomtug.server.dynamics.uncertainty import UncertaintyOptions, WhenUnsure
from atomtug.server.dynamics.wall import CENTRING
from atomtug.server.options import LiveOptions
from atomtug.server.process.worker_process import start_worker

if TYPE_CHECKING:
    from atomtug.server.app import RunningServer


@click.command("serve")
@click.argument("systems", nargs=-1, metavar="[SYSTEM]...")
@click.option("--system", "more", multiple=True, help="The same as SYSTEM.")
@system_options
@click.option(
    "--engine",
    default="pm6",
    show_default=True,
    help="Where forces come from: pm6, am1, rm1, pm3, mndo, dftb0, dftb2, dftb3, ann:MODEL (a network: a file, or "
    "a name such as alkanes), ase:import.path.Class, or mts:SLOW/CHEAP?n=STEPS for a slow engine that "
    "corrects a cheap one every few steps (docs/multiple-time-steps.md).",
)
@anyway_option
@click.option(
    "--allow-systems",
    is_flag=True,
    help="Clients may load molecules of their own: SMILES, or files that they send (docs/security.md).",
)
@click.option("--allow-delete", is_flag=True, help="The owner's clients may delete recordings.")
@click.option(
    "--models",
    multiple=True,
    type=FOLDER,
    default=[shipped_models()],
    show_default="the models that come with atomtug",
    help="Folder with networks that clients may load while it runs (engine/load); can be repeated.",
)
@click.option(
    "--allow-engine",
    multiple=True,
    metavar="ENGINE",
    help="Another engine that clients may load; can be repeated.",
)
@uncertainty_options
@learn_beside_options
@click.option(
    "--temperature", default=300.0, show_default=True, help="K; also of the velocities at the start."
)
@click.option(
    "--thermostat",
    type=click.Choice(THERMOSTATS),
    default="langevin",
    show_default=True,
    help="nve: none; relax: downhill all the time.",
)
@cooling_option
@dynamics_options
@click.option("--fps", default=30.0, show_default=True, help="Frames a second; 0: as fast as it goes.")
@click.option(
    "--force-law",
    type=click.Choice(list(FORCE_LAWS)),
    default="narupa",
    show_default=True,
    help="How a hand's message becomes a force; today's headset apps are tuned for narupa.",
)
@click.option(
    "--max-force",
    default=DEFAULT_FORCE_CAP,
    show_default=True,
    help="No hand pulls an atom harder than this, kJ/mol/nm.",
)
@click.option(
    "--wall-radius",
    type=float,
    help="nm; a soft wall keeps fragments inside. Default: somewhat outside the molecule; 0: no wall.",
)
@click.option(
    "--centring",
    default=CENTRING,
    show_default=True,
    metavar="FREQUENCY",
    help="1/ps; the common centre of mass swings back to where it started, so that nothing drifts away; 0: free.",
)
@click.option("--seed", default=0, show_default=True, help="Of velocities and thermostat.")
@click.option(
    "--recordings",
    type=FOLDER,
    default=Path("runs"),
    show_default=True,
    help="Folder for recordings.",
)
@click.option("--record/--no-record", default=True, show_default=True, help="Record from the start.")
@click.option("--paused", is_flag=True, help="Wait for a client to press play.")
@click.option(
    "--engine-timeout",
    default=60.0,
    show_default=True,
    help="Seconds a single calculation may take before the engine is started again.",
)
@follow_state_option
@click.option(
    "--suggest",
    "suggestions",
    multiple=True,
    metavar="NAME=VALUE",
    help="What headset apps should do, e.g. interaction.scale=50 or box.locked=true (docs/protocol.md); repeatable.",
)
@network_options
def command(
    systems: tuple[str, ...],
    more: tuple[str, ...],
    charge: int | None,
    multiplicity: int | None,
    frame: int | None,
    unit: Unit | None,
    engine: str,
    anyway: bool,
    allow_systems: bool,
    allow_delete: bool,
    models: tuple[Path, ...],
    allow_engine: tuple[str, ...],
    uncertainty_limit: float,
    when_unsure: WhenUnsure,
    learn: bool,
    learn_to: Path,
    learn_data: tuple[Path, ...],
    learn_every: int,
    scheduler: str | None,
    temperature: float,
    thermostat: Thermostat,
    cool_after_pull: float,
    friction: float,
    timestep: float,
    fps: float,
    steps_per_frame: int,
    force_law: ForceLawName,
    max_force: float,
    wall_radius: float | None,
    centring: float,
    seed: int,
    recordings: Path,
    record: bool,
    paused: bool,
    engine_timeout: float,
    follow_state: bool,
    suggestions: tuple[str, ...],
    open_page: bool,
    **network: Any,
) -> None:
    """Simulate a molecule live and let clients pull on its atoms.

    SYSTEM is a name that `atomtug systems` lists, or a structure file (.xyz and others, docs/files.md). With several,
    clients choose among them (playback/list, playback/load); with none it begins with methane, and the page asks
    which of the built-in systems it is to be. Clients: the browser page that it serves; headset apps and Python
    clients of NanoVer, by WebSocket; those of Narupa and of NanoVer to 2025, by gRPC.

    Every frame is recorded to --recordings, unless told otherwise.
    """
    # First of all: the engine is imported there while the server is imported here.
    worker = start_worker(engine_timeout, engine=engine)
    context = click.get_current_context()
    context.call_on_close(worker.discard)
    check_learn_given(context)
    from atomtug.cli.running import serve_until_stopped
    from atomtug.server.session.live import LiveSession

    names = [*systems, *more]
    choose = not names and (charge, multiplicity, frame, unit) == (None, None, None, None)
    names = names or ([each.name for each in BUILT_IN] if choose else ["methane"])
    model = check_learnable(engine, uncertainty_limit, learn_to) if learn else None
    options = LiveOptions(
        systems=[_load(name, charge, multiplicity, frame, unit) for name in names],
        engine=engine,
        dynamics=DynamicsSettings(
            timestep=timestep,
            temperature=temperature,
            friction=friction,
            thermostat=thermostat,
            cool_after_pull=cool_after_pull,
            steps_per_frame=steps_per_frame,
            force_law=force_law,
            force_cap=max_force,
            wall_radius=wall_radius,
            centring=centring,
            seed=seed,
        ),
        fps=fps,
        recordings=recordings,
        record=record,
        paused=paused,
        engine_timeout=engine_timeout,
        follow_state=follow_state,
        engines=allow_engine,
        models=[*models, learn_to] if learn else models,
        choose=choose,
        anyway=anyway,
        allow_systems=allow_systems,
        allow_delete=allow_delete,
        suggestions=_suggestions(suggestions),
        uncertainty=UncertaintyOptions(uncertainty_limit, when_unsure),
    )

    values, explain = resolved(network)

    def greet(server: "RunningServer") -> None:
        what = f"{options.systems[0].name} ({molecules_of(options.systems[0])}) on {engine}"
        click.echo(f"Simulating {what}: clients connect to {server.address}.")
        if choose:
            click.echo(f"The page asks which of {len(names)} molecules it is to be: {', '.join(names)}.")
        for system in [] if choose else options.systems:
            for note in system.notes:
                click.echo(f"{system.name}: {note}")
        if record:
            click.echo(f"Recording to {recordings}/ (--no-record: don't).")
        if model is not None:
            click.echo(
                f"Learning from frames that {engine} is not sure of; labels and networks go to {learn_to}/."
            )
            beside.enter_context(
                learner_beside(
                    server.address, model, learn_to, learn_data, learn_every, scheduler,
                    values["token_file"], values["tls_cert"],
                )
            )  # fmt: skip

    with ExitStack() as beside:
        serve_until_stopped(
            lambda: LiveSession(options, worker), make_network(**values), greet, open_page, explain
        )


def _suggestions(given: tuple[str, ...]) -> dict[str, str]:
    """Values by name."""
    pairs = [each.partition("=") for each in given]
    for name, between, _ in pairs:
        if not between:
            raise InputError(f"--suggest {name}: write NAME=VALUE, e.g. interaction.scale=50.")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _load(
    name: str, charge: int | None, multiplicity: int | None, frame: int | None, unit: Unit | None
) -> System:
    if not name:
        raise InputError("A system needs a name: see `atomtug systems`.")
    return load_system(name, charge, multiplicity, frame, unit)
