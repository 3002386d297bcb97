"""How much of the shared state clients may fill, so that none can exhaust the memory or keep the others out."""

from atomtug.server.session.ledger import NUMBER_SIZE, Ledger, entry_size
from atomtug.server.session.state import StateFull
from atomtug.wire.values import Changes

MAX_KEYS_EACH = 2_000
"""Keys that one client may have written last. A headset has some tens."""
MAX_BYTES_EACH = 16 * 2**20 + 4096
"""Bytes of the keys and values that one client may have written last: a message of 16 MiB with one value fits."""
MAX_VALUES_EACH = MAX_BYTES_EACH // NUMBER_SIZE
"""Numbers and other values that fit into it, at most."""
MAX_BYTES = 64 * 2**20
"""Bytes of all keys and values together."""


def check_quota(ledger: Ledger, writer: str, changes: Changes) -> None:
    """Check whether a client may make these changes; None removes a key.

    Raises:
        StateFull: the client, or all clients together, would have too much
    """
    count, size = ledger.total(writer)
    total = ledger.size
    for key, value in changes.items():
        entry = ledger.entry(key)
        before = 0 if entry is None else entry.size
        is_own = entry is not None and entry.writer == writer
        after = 0 if value is None else entry_size(key, value)
        total += after - before
        size += after - (before if is_own else 0)
        count += (value is not None) - is_own
    if count > MAX_KEYS_EACH:
        raise StateFull(f"One client may write {MAX_KEYS_EACH} keys: remove some before adding others.")
    if size > MAX_BYTES_EACH:
        raise StateFull(
            f"One client may write {MAX_BYTES_EACH >> 20} MB of values: remove some, or shorten them."
        )
    if total > MAX_BYTES:
        raise StateFull(
            f"The shared state may hold {MAX_BYTES >> 20} MB: remove something before adding more."
        )
