"""``atomtug learn-live``: learn from a session that runs."""

from pathlib import Path

import click

from atomtug.cli.live_learning import LEARNED, learn_options
from atomtug.cli.options import MODEL, NEW_FOLDER, access_options
from atomtug.cli.stopping import stoppable
from atomtug.core.errors import ConnectionFailed
from atomtug.core.priority import run_when_idle
from atomtug.core.shipped import shipped_data

PATIENCE = 300.0
"""Seconds that an answer may take: this process has only the time that others leave it."""


@click.command("learn-live")
@click.argument("address", default="localhost")
@click.option(
    "--model",
    required=True,
    type=MODEL,
    help="The network that the server was started with: file or name.",
)
@click.option(
    "--learn-to",
    type=NEW_FOLDER,
    default=LEARNED,
    show_default=True,
    help="Folder for labels and networks: one of the server's --models.",
)
@click.option(
    "--every-frame",
    is_flag=True,
    help="Look at every frame, of a simulation that goes as fast as it can; else at ten a second.",
)
@learn_options
@access_options
def command(
    address: str,
    model: Path,
    learn_to: Path,
    every_frame: bool,
    learn_data: tuple[Path, ...],
    learn_every: int,
    scheduler: str | None,
    token_file: Path | None,
    tls_root: Path | None,
) -> None:
    """Learn from the session of the server at ADDRESS, which simulates on a network.

    Frames that the network was not sure of are labelled by DFT, those most different first; after every so many
    labels the network's training goes on with them, and the new one takes over in the server if it is not worse.
    `atomtug serve --learn` starts this beside the server. All of it runs at the lowest priority.
    """
    run_when_idle()  # before threads are started, which have the priority of the one that starts them
    from atomtug.server.listening import read_token
    from atomtug.vr_client.client.grpc_client import Client
    from atomtug.workflows.live_learning import LiveLearningOptions, learn_live

    options = LiveLearningOptions(learn_every, learn_data or (shipped_data(),), scheduler, every_frame)
    token = None if token_file is None else read_token(token_file)
    with (
        stoppable("Stopping; labels and networks are kept.") as stop,
        Client.connect(address, token, tls_root, patience=PATIENCE) as client,
    ):
        try:
            learn_live(
                client, address, learn_to, model, options,
                on_event=lambda text: click.echo(f"Learning: {text}", err=True), stopped=stop,
            )  # fmt: skip
        except ConnectionFailed as error:
            if client.lost is None:
                raise
            click.echo(f"Learning ended: {error}", err=True)
