"""``atomtug vr``: pull on atoms with a headset's controllers."""

import getpass
from pathlib import Path

import click

from atomtug.cli.options import access_options
from atomtug.server.listening import read_token
from atomtug.vr_client.client.address import Address
from atomtug.vr_client.client.grpc_client import Client
from atomtug.vr_client.xr.app import VrApp, VrOptions
from atomtug.vr_client.xr.contexts import GRAPHICS
from atomtug.vr_client.xr.grab import KINDS, STRONGEST
from atomtug.vr_client.xr.signals import ending_on_signals
from atomtug.wire.interactions import InteractionType


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no name for this user
        return "Atomtug"


@click.command("vr")
@click.option(
    "--server", default="localhost", show_default=True, metavar="ADDRESS", help="host or host:port."
)
@access_options
@click.option("--headless", is_flag=True, help="Controllers without images (needs XR_MND_headless).")
@click.option(
    "--graphics",
    type=click.Choice(GRAPHICS),
    default="auto",
    show_default=True,
    help="Where OpenGL comes from: a hidden window, or EGL without a desktop (Monado).",
)
@click.option("--name", default=_user, show_default="your user name", help="Shown to other clients.")
@click.option(
    "--pull",
    type=click.Choice(KINDS),
    default="spring",
    show_default=True,
    help="How the pull grows with the distance.",
)
@click.option(
    "--strength",
    type=click.FloatRange(0.0, 1e5, min_open=True),
    default=STRONGEST,
    show_default=True,
    help="Force of a trigger pressed all the way for each centimetre of stretch, kJ/mol/nm.",
)
@click.option(
    "--passthrough", is_flag=True, help="Your own room behind the molecule, where the headset has it."
)
@click.option(
    "--refresh-rate",
    type=click.FloatRange(30.0, 500.0),
    metavar="HZ",
    help="Of the headset's display. Default: as it is set there.",
)
def command(
    server: str,
    token_file: Path | None,
    tls_root: Path | None,
    headless: bool,
    graphics: str,
    name: str,
    pull: InteractionType,
    strength: float,
    passthrough: bool,
    refresh_rate: float | None,
) -> None:
    """Show the molecule in a headset: hold an atom with a trigger, feel its resistance, pull it.

    Works with SteamVR, Monado, WiVRn and Meta Quest Link, through OpenXR; docs/vr.md says how to set them up and
    what each button does. The server may be started later, or again: the client tries to reach it as long as it runs.
    """
    Address.parse(server)  # a mistake in it is an error now, not a server that is tried again and again
    token = None if token_file is None else read_token(token_file)
    options = VrOptions(
        headless, graphics, name, pull, strength, passthrough=passthrough, refresh_rate=refresh_rate
    )
    app = VrApp(lambda: Client.connect(server, token, tls_root, patience=10.0), options, click.echo)

    with ending_on_signals(app.stop):
        app.run()
