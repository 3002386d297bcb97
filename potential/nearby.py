"""Neighbours outside of compiled functions: candidates in large molecules, and the sizes of neighbour lists."""

import numpy as np
from numpy.typing import NDArray

from atomtug.potential.layout import Layout, Rows, SmallInts, chunks_needed, step_up


def nearby(positions: NDArray[np.float64], reach: float, width: int = 0) -> SmallInts:
    """Candidates: (N, K) rows within ``reach`` of each row, ascending, N where there are no more.

    Args:
        positions: (N, 3) angstrom, by rows
        reach: the cutoff plus twice the distance that an atom may move before the next call, angstrom
        width: the least K; it is larger if necessary, in steps
    """
    # Imported when it is needed: SciPy takes longer to load than small molecules to be ready.
    from scipy.spatial import cKDTree

    count = len(positions)
    found = cKDTree(positions).query_pairs(reach, output_type="ndarray")
    both = np.concatenate([found, found[:, ::-1]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    size = np.bincount(both[:, 0], minlength=count)
    needed = int(size.max()) if len(both) else 1
    table = np.full((count, max(width, step_up(needed, start=16))), count, dtype=np.int32)
    slot = np.arange(len(both)) - np.repeat(np.cumsum(size) - size, size)
    table[both[:, 0], slot] = both[:, 1]
    return table


def list_sizes(
    positions: NDArray[np.float64], rows: Rows, layout: Layout, r_cut: float, r_angular: float | None = None
) -> tuple[int, int]:
    """The number of pairs and of chunks of triples at a geometry, for choosing a layout's capacity.

    Args:
        positions: (N, 3) angstrom, by rows
        rows: their candidates
        layout: its rows are used, its capacities are not
        r_cut: the cutoff, angstrom
        r_angular: that of triples, if it is another
    """
    total, elements = layout.atoms, len(layout.rows)
    everyone = np.broadcast_to(np.arange(total), (total, total))
    candidates = everyone if rows.candidates is None else np.asarray(rows.candidates)
    safe = np.minimum(candidates, total - 1)
    distance = np.linalg.norm(positions[safe] - positions[:, None], axis=-1)
    real = (candidates < total) & (candidates != np.arange(total)[:, None])
    pairs = int(np.sum(real & (distance < r_cut)))
    near = real & (distance < (r_cut if r_angular is None else r_angular))
    centre = np.nonzero(near)[0]
    group = centre * elements + layout.element_of_row[candidates[near]]
    size = np.bincount(group, minlength=total * elements).reshape(total, elements)
    return pairs, chunks_needed(size)
