"""docs/files.md names what the code reads: names, units, suffixes and options."""

import re
from pathlib import Path

import pytest

from atomtug.cli.convert import command as convert
from atomtug.core.systems import UNITS
from atomtug.core.systems.electronic_state import SPELLINGS
from atomtug.core.systems.molfile import SUFFIXES as MOLFILES
from atomtug.core.systems.reading import CRYSTALS, GAUSSIAN_INPUTS, OUTPUTS, PROGRAM_INPUTS, XYZ
from atomtug.trainer.exchange import SUFFIXES
from atomtug.trainer.exchange.keys import KEYS
from atomtug.trainer.exchange.units import ENERGIES, FORCES, POSITIONS

PAGE = (Path(__file__).parents[2] / "docs" / "files.md").read_text(encoding="utf-8")


def row(first: str) -> list[str]:
    """What is between backticks in the row of a table that begins so."""
    (line,) = re.findall(rf"^\| {re.escape(first)} \|(.*)$", PAGE, re.M)
    return re.findall(r"`([^`]+)`", line)


@pytest.mark.parametrize(
    ("first", "names"),
    [
        ("charge", SPELLINGS["charge"]),
        ("multiplicity, 2S + 1", SPELLINGS["multiplicity"]),
        ("spin", SPELLINGS["spin"]),
        ("unpaired electrons", SPELLINGS["unpaired"]),
        *KEYS.items(),
        ("`--energy-unit`", tuple(ENERGIES)),
        ("`--force-unit`", tuple(FORCES)),
        ("`--unit`", tuple(POSITIONS)),
    ],
)
def test_12_the_page_and_the_code_have_the_same_names(first, names):
    assert row(first) == list(names)


def test_12_the_page_names_every_suffix_and_option():
    rare = {".sd", ".ent", ".gau", ".qcin"}  # other spellings of kinds that are there
    for suffix in {*XYZ, *MOLFILES, *CRYSTALS, *GAUSSIAN_INPUTS, *PROGRAM_INPUTS, *OUTPUTS, *SUFFIXES} - rare:
        assert f"`{suffix}`" in PAGE, suffix
    options = {name for option in convert.params for name in option.opts if name.startswith("--")}
    for option in options - {"--to", "--out", "--force"}:
        assert option in PAGE, option


def test_8_systems_and_data_sets_know_the_same_units_of_length():
    assert tuple(POSITIONS) == UNITS
