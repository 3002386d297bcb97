"""The OpenXR client and the browser page draw a bond in the same style."""

import json
from pathlib import Path

from atomtug.vr_client.xr.bond_styles import BondStyle, style_of

# The page's own tests read the same file (``web/tests/bond_styles.test.js``).
CASES = json.loads(
    (Path(__file__).parents[3] / "web" / "tests" / "cases" / "bond_styles.json").read_text(encoding="utf-8")
)


def test_each_order_and_style_before_give_the_style_that_the_page_draws():
    assert len(CASES) > 100
    for case in CASES:
        before = None if case["before"] is None else BondStyle[case["before"].upper()]
        assert style_of(case["order"], before) is BondStyle[case["style"].upper()], case
    assert {case["style"] for case in CASES} == {style.name.lower() for style in BondStyle}
