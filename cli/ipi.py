"""``atomtug ipi``: forces of a network for i-PI."""

import click
from tqdm import tqdm

from atomtug.cli.options import anyway_option, system_options
from atomtug.core.errors import InputError
from atomtug.core.systems import Unit, load_system
from atomtug.core.systems.valences import molecules_of


@click.command("ipi")
@click.argument("model")
@click.argument("system")
@system_options
@click.option("--unix", metavar="NAME", default="", help="Connect to the UNIX socket /tmp/ipi_NAME.")
@click.option("--host", default="localhost", show_default=True, help="Connect by TCP.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=31415, show_default=True, help="Of TCP; i-PI's default."
)
@click.option("--wait", default=60.0, show_default=True, help="Seconds to wait for i-PI to listen.")
@anyway_option
def command(
    model: str,
    system: str,
    charge: int | None,
    multiplicity: int | None,
    frame: int | None,
    unit: Unit | None,
    unix: str,
    host: str,
    port: int,
    wait: float,
    anyway: bool,
) -> None:
    """Compute forces for i-PI, until it ends: ring-polymer dynamics and all else that i-PI does, on a network.

    MODEL is a network, as in `serve --engine ann:MODEL`; SYSTEM the structure file that i-PI starts from, or a name
    that `atomtug systems` lists: i-PI does not say what its atoms are. Several of these can work for one i-PI, each
    for other beads. How to set up i-PI: docs/other-programs.md.
    """
    from atomtug.server.engines.names import ANN_PREFIX
    from atomtug.workflows.force_client import SocketAddress, drive

    if not 0 <= wait <= 86400:
        raise InputError(f"--wait must be from 0 to 86400 s, not {wait:g}.")
    loaded = load_system(system, charge, multiplicity, frame, unit)
    for note in loaded.notes:
        click.echo(f"{loaded.name}: {note}")
    address = SocketAddress(host, port, unix)
    with tqdm(desc=str(address), unit=" geometries", disable=None) as bar:
        count = drive(
            model.removeprefix(ANN_PREFIX),
            loaded,
            address,
            wait=wait,
            anyway=anyway,
            on_ready=lambda: click.echo(f"Connected to {address}: {model} computes {molecules_of(loaded)}."),
            on_forces=lambda number: bar.update(),
        )
    click.echo(f"{address} has ended: {count} geometries were computed.")
