"""Charge and spin as files say them, and what is said of where they are from."""

import re
from pathlib import Path

import ase
import ase.io
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomtug.core.errors import InputError
from atomtug.core.systems import load_system
from atomtug.core.systems.electronic_state import SPELLINGS, read_state

STRUCTURES = Path(__file__).parent / "structures"
AMMONIUM, OXYGEN, METHYL = np.array([7, 1, 1, 1, 1]), np.array([8, 8]), np.array([6, 1, 1, 1])


@pytest.mark.parametrize(
    ("name", "charge", "multiplicity"),
    [
        ("nh4_cap.xyz", 1, 1), ("nh4_cm.xyz", 1, 1), ("nh4_colon.xyz", 1, 1), ("nh4_total.xyz", 1, 1),
        ("oh_minus_cm.xyz", -1, 1), ("o2_cm.xyz", 0, 3), ("o2_spin.xyz", 0, 3),
    ],
)  # fmt: skip
def test_6_charge_and_spin_are_read(name, charge, multiplicity):
    system = load_system(str(STRUCTURES / name))
    assert (system.charge, system.multiplicity) == (charge, multiplicity)
    assert any(note.startswith(f"Charge {charge}: the file") for note in system.notes)
    assert any(note.startswith(f"Multiplicity {multiplicity}: the file") for note in system.notes)


@pytest.mark.parametrize(
    "comment",
    [
        "charge=1 multiplicity=1", "CHARGE=+1 MULT=1", "Charge = 1, Multiplicity = 1", "charge: 1+ mult: 1",
        "total_charge=1.0 spin_multiplicity=1", '{"charge": 1, "multiplicity": 1}', "charge 1 multiplicity 1",
        "net charge: +1; spin multiplicity: 1", "charge='1' multiplicity=singlet", "cation, q = 1 | uhf = 0",
        "chrg=1 uhf=0", "charge=1 spin=0", "charge=1 spin=1", "totalCharge=1 totalSpin=1", "1 1", " +1  1 ",
        "charge = + 1 mult = 1", "charge=+1|mult=1", "chg: 1 mult: 1", "charge=cation multiplicity=singlet", "1, 1",
    ],
)  # fmt: skip
def test_6_the_usual_ways_to_say_it(comment):
    state = read_state(AMMONIUM, comment)
    assert (state.charge, state.multiplicity) == (1, 1)


@pytest.mark.parametrize(
    ("spin", "multiplicity", "why"),
    [
        ("3", 3, r"2S \+ 1, which fits 16"), ("2", 3, "unpaired electrons, as 16 electrons can't"),
        ("0", 1, "unpaired electrons"), ("1", 1, r"2S \+ 1"), ("triplet", 3, r"2S \+ 1"),
    ],
)  # fmt: skip
def test_6_a_spin_is_a_multiplicity_where_it_can_be_one_and_it_is_said(spin, multiplicity, why):
    state = read_state(OXYGEN, f"charge=0 spin={spin}")
    assert state.multiplicity == multiplicity
    assert any(re.search(why, note) for note in state.notes)


def test_6_a_half_spin_is_s():
    assert read_state(METHYL, "spin=0.5").multiplicity == 2
    assert read_state(METHYL, "spin=1.5").multiplicity == 4
    assert read_state(METHYL, "spin=1").multiplicity == 2


@pytest.mark.parametrize(
    "comment",
    ["", "methane", "1 2", "0 1 CH3", "-40.5", "40 1",
     
        "energy: -5.07 gnorm: 0.0006 xtb: 6.6.1", "i = 1, time = 0.5, E = -17.1", 
        "Coordinates from ORCA-job x E -40.5", "uncharged", "discharge 1", "T=1", "step 1 2"],
)  # fmt: skip
def test_6_what_says_nothing_is_a_guess_that_names_the_options(comment):
    state = read_state(METHYL, comment)
    assert (state.charge, state.multiplicity) == (0, 2)
    (note,) = state.notes
    assert "guess" in note
    assert "--charge and --multiplicity" in note


@pytest.mark.parametrize(
    "comment", ["charge=\N{MINUS SIGN}2", "charge = - 2", "charge: 2-", "charge -2", "charge='-2'"]
)
def test_6_every_minus_is_one(comment):
    assert read_state(OXYGEN, comment).charge == -2


def test_6_a_guess_of_one_names_its_option():
    state = read_state(METHYL, "charge=0")
    assert "--multiplicity" in state.notes[-1]
    assert "--charge" not in state.notes[-1]


def test_6_bare_numbers_that_count_frames_are_no_charge(tmp_path):
    path = tmp_path / "frames.xyz"
    atom = "1\n{comment}\nLi 0 0 0\n"
    path.write_text(atom.format(comment="1 1") + atom.format(comment="2 2"))
    assert load_system(str(path)).charge == 0
    path.write_text(atom.format(comment="1 1") * 2)
    assert load_system(str(path)).charge == 1


def test_6_charges_and_moments_of_atoms_are_summed(tmp_path):
    atoms = ase.Atoms("OH", [[0, 0, 0], [0, 0, 0.97]])
    atoms.set_initial_charges([-0.9, -0.1])
    ase.io.write(tmp_path / "anion.xyz", atoms, format="extxyz")
    system = load_system(str(tmp_path / "anion.xyz"))
    assert (system.charge, system.multiplicity) == (-1, 1)
    assert any("sum of the atoms' charges" in note for note in system.notes)
    triplet = ase.Atoms("O2", [[0, 0, 0], [0, 0, 1.2]], magmoms=[1, 1])
    ase.io.write(tmp_path / "oxygen.traj", triplet)
    assert load_system(str(tmp_path / "oxygen.traj")).multiplicity == 3


def test_6_contradictions_and_no_numbers_are_sentences(tmp_path):
    path = tmp_path / "x.xyz"
    for comment, said in {
        "charge=1 total_charge=0": "contradict each other: use --charge",
        "charge=many": "whole numbers: use --charge and --multiplicity",
        "charge=0 multiplicity=2": "can't have multiplicity 2",
    }.items():
        path.write_text(f"1\n{comment}\nHe 0 0 0\n")
        with pytest.raises(InputError, match=said):
            load_system(str(path))
    path.write_text("1\ncharge=0 total_charge=0\nHe 0 0 0\n")
    assert load_system(str(path)).charge == 0


def test_6_what_is_asked_for_counts_first():
    system = load_system(str(STRUCTURES / "o2_spin.xyz"), charge=1, multiplicity=2)
    assert (system.charge, system.multiplicity) == (1, 2)
    assert [note for note in system.notes if "as asked" in note]


@given(
    charge=st.integers(-3, 3),
    unpaired=st.integers(0, 4),
    name=st.sampled_from(SPELLINGS["charge"]),
    other=st.sampled_from(
        [(kind, name) for kind, names in SPELLINGS.items() if kind != "charge" for name in names]
    ),
    upper=st.booleans(),
    between=st.sampled_from(["=", ": ", " = "]),
)
def test_6_every_spelling_comes_back(charge, unpaired, name, other, upper, between):
    kind, spelt = other
    numbers = np.array([26]) if (26 - charge - unpaired) % 2 == 0 else np.array([27])
    value = unpaired if kind == "unpaired" else unpaired + 1
    comment = f"{name}{between}{charge} {spelt}{between}{value}"
    state = read_state(numbers, comment.upper() if upper else comment)
    assert (state.charge, state.multiplicity) == (charge, unpaired + 1)


@given(
    comment=st.text(max_size=60) | st.sampled_from(["charge=", "spin='", "mult: x", "q= =1", "charge=1e9"])
)
def test_6_any_comment_is_a_state_or_a_sentence(comment):
    try:
        notes = read_state(METHYL, comment).notes
    except ValueError as error:
        notes = (str(error),)
    assert notes
    assert all(note.endswith(".") or "--" in note for note in notes)
