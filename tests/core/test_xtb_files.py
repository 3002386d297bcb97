"""Charge and spin as xTB and Turbomole keep them are read, and it is said."""

import shutil
from pathlib import Path

import pytest

from atomtug.core.errors import InputError
from atomtug.core.systems import load_system

STRUCTURES = Path(__file__).parent / "structures"
WATER = """$coord
 0.0000  0.0000  0.2217  o
 0.0000  1.4309 -0.8867  h
 0.0000 -1.4309 -0.8867  h
"""


@pytest.fixture
def hydroxyl(tmp_path):
    """OH + CH4 without a word on charge and spin."""
    return Path(shutil.copy(STRUCTURES / "oh_ch4.xyz", tmp_path))


def test_6_the_files_of_xtb_beside_a_structure_count(hydroxyl):
    assert (load_system(str(hydroxyl)).charge, load_system(str(hydroxyl)).multiplicity) == (0, 2)
    (hydroxyl.parent / ".CHRG").write_text("-1\n")
    anion = load_system(str(hydroxyl))
    assert (anion.charge, anion.multiplicity) == (-1, 1)
    assert any(note == "Charge -1: the file says .CHRG=-1." for note in anion.notes)
    (hydroxyl.parent / ".UHF").write_text("2\n")
    triplet = load_system(str(hydroxyl))
    assert (triplet.charge, triplet.multiplicity) == (-1, 3)
    assert any(".UHF=2 (unpaired electrons)" in note for note in triplet.notes)
    assert load_system(str(hydroxyl), charge=0, multiplicity=2).charge == 0


def test_6_the_files_of_xtb_are_refused_where_they_contradict_or_hold_no_number(tmp_path):
    path = Path(shutil.copy(STRUCTURES / "nh4_total.xyz", tmp_path))
    (tmp_path / ".CHRG").write_text("0\n")
    with pytest.raises(InputError, match=r"\.CHRG=0.*contradict"):
        load_system(str(path))
    (tmp_path / ".CHRG").write_text("one\n")
    with pytest.raises(InputError, match=r"\.CHRG beside it should hold a whole number"):
        load_system(str(path))


@pytest.mark.parametrize(
    ("lines", "charge", "multiplicity"),
    [
        ("$end\n", 0, 1),
        ("$chrg 1\n$end\n", 1, 2),
        ("$chrg 1\n$spin 3\n$end\n", 1, 4),
        ("$eht charge=-1 unpaired=1\n$end\n", -1, 2),
    ],
)
def test_6_a_coord_file_of_turbomole_says_its_charge(tmp_path, lines, charge, multiplicity):
    path = tmp_path / "coord"
    path.write_text(WATER + lines)
    water = load_system(str(path))
    assert water.formula == "H2O"
    assert (water.charge, water.multiplicity) == (charge, multiplicity)
