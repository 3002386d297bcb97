"""What a terminal shows while an engine is being loaded."""

import asyncio

import click

from atomtug.server.session.session import Session
from atomtug.wire import state_keys

QUIET = 2.0
"""Seconds that an engine may take without a word."""
INTERVAL = 0.5
"""Seconds between two looks."""


async def tell_loading(session: Session, page: str, quiet: float = QUIET, interval: float = INTERVAL) -> None:
    """Print each step of an engine that takes its time to be ready, until cancelled.

    Args:
        session: that is being started
        page: where browsers can see the same
        quiet: seconds that it may take without a word
        interval: seconds between two looks
    """
    await asyncio.sleep(quiet)
    told = ""
    while True:
        values = session.state.values
        engine, step = values.get(state_keys.ENGINE_LOADING), values.get(state_keys.ENGINE_LOADING_STEP)
        if engine and step and step != told:
            if not told:
                click.echo(f"{engine} gets ready; the page shows how far it is: {page}", err=True)
            told = str(step)
            click.echo(
                f"  after {values.get(state_keys.ENGINE_LOADING_SECONDS, 0)} s: {engine} {step}", err=True
            )
        await asyncio.sleep(interval)
