"""Running a server until Ctrl-C. It loads all that a server needs: commands import it when they run."""

import asyncio
import contextlib
import logging
import sys
import webbrowser
from collections.abc import Callable

import click

from atomtug.cli.loading import tell_loading
from atomtug.cli.stopping import stopping_signals
from atomtug.server.app import RunningServer, serving
from atomtug.server.listening import ListenOptions
from atomtug.server.session.rights import Right
from atomtug.server.session.session import Session
from atomtug.server.share_links import share_links

OTHERS: tuple[Right, ...] = ("pull", "watch")
"""Rights of those who get a link from the owner."""


def serve_until_stopped(
    make_session: Callable[[], Session],
    network: ListenOptions,
    greet: Callable[[RunningServer], None],
    open_page: bool = False,
    explain: Callable[[str, str], None] | None = None,
) -> None:
    """Serve until Ctrl-C, a TERM signal or the end of the terminal, then close in good order.

    Args:
        make_session: called once, on the event loop
        network: where to listen
        greet: told when clients can connect
        open_page: show the page in a browser
        explain: of ``--share``: told the page's address and the owner's link, which is printed with its token then
    """
    logging.basicConfig(format="atomtug: %(message)s", level=logging.WARNING)

    async def main() -> None:
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in stopping_signals():
            with contextlib.suppress(NotImplementedError):  # Windows
                loop.add_signal_handler(number, over.set)
        loading: list[asyncio.Task[None]] = []

        def waiting(session: Session, page: str) -> None:
            if sys.stderr.isatty():
                loading.append(asyncio.create_task(tell_loading(session, page)))

        async with serving(make_session(), network, waiting) as server:
            for task in loading:
                task.cancel()
            greet(server)
            links = share_links(server.page, network.tokens)
            address = server.page if explain is None else links["own"]
            click.echo(f"In a browser: {address}")
            if explain is not None:
                explain(server.page, address)
            for right in OTHERS:
                if right in links:
                    click.echo(f"A link to {right}: {links[right]}")
            click.echo("Ctrl-C ends it.")
            if open_page and not await asyncio.to_thread(webbrowser.open, address):
                click.echo("No browser was found to open it in.", err=True)
            await over.wait()
            with contextlib.suppress(OSError):  # its terminal may be gone
                click.echo("Closing.")

    asyncio.run(main())
