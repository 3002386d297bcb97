"""Changes of the shared state for one subscriber, whatever protocol carries them."""

import asyncio
from collections.abc import AsyncGenerator

from atomtug.server.session.state import StateFull, StateView
from atomtug.server.transport.rate_limit import RateLimit
from atomtug.wire.values import Changes


async def state_changes(view: StateView, rate_limit: RateLimit) -> AsyncGenerator[Changes, None]:
    """Changes as they come, those between two of them merged; without end.

    Args:
        view: the subscriber's; it is closed when the generator is
        rate_limit: how often the subscriber wants to hear of changes

    Raises:
        StateFull: the subscriber reads too slowly
    """
    changed = asyncio.Event()
    view.on_change(changed.set)
    try:
        while True:
            await changed.wait()
            await rate_limit.wait()
            changed.clear()
            if view.overrun:
                raise StateFull("This client reads too slowly for what changes: subscribe again.")
            yield view.pop()
    finally:
        view.close()
