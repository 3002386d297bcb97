"""``atomtug play``: serve recordings to clients."""

from pathlib import Path
from typing import Any

import click

from atomtug.cli.network import make_network, network_options, resolved
from atomtug.cli.options import ANY_PATH
from atomtug.cli.running import serve_until_stopped
from atomtug.core.errors import InputError
from atomtug.server.app import RunningServer
from atomtug.server.session.playback import DEFAULT_FPS, PlaybackSession


@click.command("play")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=ANY_PATH)
@click.option("--fps", default=DEFAULT_FPS, show_default=True, help="Recorded frames shown a second.")
@click.option("--loop/--once", default=True, show_default=True, help="Start again at the end, or stop there.")
@network_options
def command(files: tuple[Path, ...], fps: float, loop: bool, open_page: bool, **network: Any) -> None:
    """Serve recordings to clients, as if they were simulated now: ours, NanoVer's (.nanover.zip), Narupa's (.traj
    with .state), plain H5MD, extended XYZ and ASE's trajectories.

    Clients see what they would have seen live, hands included, and use the same commands: play, pause, step, step
    back, reset, and load to choose among several files.
    """
    if not 0 < fps <= 1000:
        raise InputError(f"--fps must be above 0 and at most 1000, not {fps:g}.")

    values, explain = resolved(network)

    def greet(server: RunningServer) -> None:
        session = server.session
        assert isinstance(session, PlaybackSession)
        click.echo(
            f"Playing {session.recording.path} ({len(session.recording)} frames): "
            f"clients connect to {server.address}."
        )

    serve_until_stopped(
        lambda: PlaybackSession(list(files), fps=fps, loop=loop),
        make_network(**values),
        greet,
        open_page,
        explain,
    )
