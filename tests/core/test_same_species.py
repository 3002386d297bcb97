"""The browser page calls molecules and ions as everything else does."""

import json
from pathlib import Path

import numpy as np

from atomtug.core.systems.valences import species

# The page's own tests read the same file (``web/tests/reaction.test.js``).
CASES = json.loads(
    (Path(__file__).parents[2] / "web" / "tests" / "cases" / "species.json").read_text(encoding="utf-8")
)


def test_molecules_are_named_as_the_page_names_them():
    assert len(CASES) > 100
    for case in CASES:
        bonds = np.array(case["bonds"], dtype=np.int64).reshape(-1, 2)
        assert species(np.array(case["elements"]), bonds, case["charge"]) == case["names"], case
