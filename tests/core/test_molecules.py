"""Molecules as SMILES, by the names of partners, with plus signs between, and in files of every kind."""

import re
from collections import Counter
from pathlib import Path

import ase
import ase.io
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomtug.core.errors import InputError
from atomtug.core.systems import BUILT_IN, load_system
from atomtug.core.systems.bonds import fragments, perceive_bonds
from atomtug.core.systems.partners import FORMULAS, PARTNERS
from atomtug.core.systems.parts import looks_like_smiles
from atomtug.core.systems.placement import APART
from atomtug.core.systems.smiles import parse_molecule

STRUCTURES = Path(__file__).parent / "structures"


def notes(system):
    return " ".join(system.notes)


@pytest.mark.parametrize(
    ("source", "formula", "charge", "multiplicity"),
    [
        ("C + [OH]", "CH4 + HO", 0, 2),
        ("C.[OH]", "CH4 + HO", 0, 2),
        ("C+[OH]", "CH4 + HO", 0, 2),
        ("CC(C)C + [OH]", "C4H10 + HO", 0, 2),
        ("methane + OH", "CH4 + HO", 0, 2),
        ("F- + CCl", "F + CH3Cl", -1, 1),
        ("H3O+ + N", "H3O + H3N", 1, 1),
        ("H3O+ + NH3", "H3O + H3N", 1, 1),
        ("NH4+ + Cl-", "H4N + Cl", 0, 1),
        ("OH + CH4", "HO + CH4", 0, 2),
        ("[NH4+]+[OH-]", "H4N + HO", 0, 1),
        ("[Na+].[Cl-]", "Na + Cl", 0, 1),
        ("c1ccccc1", "C6H6", 0, 1),
        ("C[N+](C)(C)C", "C4H12N", 1, 1),
        ("[CH3] + [CH3]", "CH3 + CH3", 0, 1),
        ("C[CH2] + O2", "C2H5 + O2", 0, 2),
        ("O2", "O2", 0, 3),
        ("[O][O]", "O2", 0, 3),
        ("O=O", "O2", 0, 1),
        ("[CH2]", "CH2", 0, 3),
        ("[C]", "C", 0, 3),
        ("[N]", "N", 0, 4),
        ("[H][H] + F", "H2 + F", 0, 2),
        ("CC |^1:0|", "C2H5", 0, 2),
        ("InChI=1S/CH4O/c1-2/h2H,1H3", "CH4O", 0, 1),
    ],
)
def test_charge_and_spin_follow_from_smiles_and_are_said(source, formula, charge, multiplicity):
    system = load_system(source)
    assert (system.formula, system.charge, system.multiplicity) == (formula, charge, multiplicity)
    assert f"Charge {charge} and multiplicity {multiplicity}, from" in notes(system)


def count_atoms(formula):
    """How often each element and sign is in a formula, sorted."""
    counts = Counter()
    for element, number in re.findall(r"([A-Z][a-z]?|[+-])(\d*)", formula):
        counts[element] += int(number or 1)
    return sorted(counts.items())


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_is_the_molecule_of_that_formula_and_no_smiles(formula):
    from rdkit.Chem.rdMolDescriptors import CalcMolFormula

    assert not looks_like_smiles(formula)
    system = load_system(formula)
    # RDKit writes H3N for NH3 and CH4O for CH3OH.
    made = CalcMolFormula(parse_molecule(FORMULAS[formula]))
    assert count_atoms(made) == count_atoms(formula)
    assert system.name == formula
    assert f"{formula} was taken as {FORMULAS[formula]} in SMILES" in notes(system)


def test_two_radicals_are_taken_as_low_spin_and_the_option_for_the_other_is_said():
    system = load_system("[CH3] + [CH3]")
    assert "multiplicity 1 (low spin) was taken" in notes(system)
    assert "--multiplicity 3 takes the high spin" in notes(system)
    triplet = load_system("[CH3] + [CH3]", multiplicity=3)
    assert triplet.multiplicity == 3
    assert "Multiplicity 3, as asked" in notes(triplet)
    assert "low spin" not in notes(triplet)


def test_a_charge_that_is_asked_for_counts():
    system = load_system("C + [OH]", charge=-1)
    assert (system.charge, system.multiplicity) == (-1, 1)
    assert "Charge -1, as asked" in notes(system)


def test_molecules_are_apart_about_the_origin_and_the_same_each_time():
    system, again = load_system("CC(C)C + [OH] + O"), load_system("CC(C)C + [OH] + O")
    np.testing.assert_array_equal(system.positions, again.positions)
    assert system.positions.mean(axis=0) == pytest.approx(np.zeros(3), abs=1e-9)
    first, second, third = (system.positions[part] for part in system.residues)
    for one, other in ((first, second), (first, third), (second, third)):
        assert np.linalg.norm(one[:, None] - other[None], axis=-1).min() >= APART
    assert system.drawn
    assert "the engine relaxes it at the start" in notes(system)


def test_stereochemistry_is_kept_and_what_is_left_open_is_said():
    def dihedral(system):
        atoms = ase.Atoms(system.numbers, system.positions)
        return min(atoms.get_dihedral(0, 1, 2, 3), 360 - atoms.get_dihedral(0, 1, 2, 3))

    assert dihedral(load_system("C/C=C/C")) > 150
    assert dihedral(load_system(r"C/C=C\C")) < 30
    assert "1 of its stereocentres is left open" in notes(load_system("CC=CC"))
    assert "1 of its stereocentres is left open" in notes(load_system("CC(F)Cl"))
    assert "stereocentres" not in notes(load_system("C[C@H](F)Cl"))
    right, left = (load_system(f"[C{turn}H](F)(Cl)Br").positions for turn in ("@", "@@"))
    volumes = [np.linalg.det(each[1:4] - each[0]) for each in (right, left)]
    assert volumes[0] * volumes[1] < 0


def test_isotopes_have_their_masses():
    system = load_system("[2H]C([2H])([2H])[13CH3]")
    assert sorted(system.masses.round(3)) == [1.008, 1.008, 1.008, 2.014, 2.014, 2.014, 12.011, 13.003]
    assert "Isotopes: 3 H of 2.014 amu, 1 C of 13.003 amu" in notes(system)


@pytest.mark.parametrize("partner", PARTNERS, ids=[partner.name for partner in PARTNERS])
def test_each_partner_is_there_by_name(partner):
    system = load_system(partner.name)
    assert system.name == partner.name
    assert system.multiplicity == partner.multiplicity
    assert system.charge == {"F-": -1, "OH-": -1, "H3O+": 1}.get(partner.name, 0)
    assert len(system.residues) == 1
    assert partner.does in notes(system)
    assert load_system(f"methane + {partner.name}").formula.startswith("CH4 + ")


def test_a_name_goes_before_a_file_and_a_file_before_smiles_and_it_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("CN", "CC", "methane"):
        ase.io.write(name, ase.Atoms("OH2", [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]]), format="xyz")
    assert load_system("methane").formula == "CH4 + CN"
    radical, ethane = load_system("CN"), load_system("smiles:CC")
    assert radical.formula == "CN"
    assert "As SMILES it would be CH5N: smiles:CN takes that" in notes(radical)
    assert ethane.formula == "C2H6"


@pytest.mark.parametrize("suffix", ["", ".xyz"])
def test_a_file_that_could_be_smiles_is_the_file(tmp_path, monkeypatch, suffix):
    monkeypatch.chdir(tmp_path)
    (tmp_path / f"CC{suffix}").write_text("3\n\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n")
    if not suffix:  # ASE tells the kind by the content
        ase.io.write(tmp_path / "CC", ase.io.read(STRUCTURES / "m.sdf", format="sdf"), format="traj")
    system = load_system(f"CC{suffix}")
    assert system.formula in ("H2O", "CH4")
    assert ("CC is the file of that name; smiles:CC" in notes(system)) == (not suffix)


def test_files_and_smiles_go_together():
    system = load_system(f"{STRUCTURES / 'm.sdf'} + OH")
    assert (system.formula, system.multiplicity, system.name) == ("CH4 + HO", 2, "m+OH")
    assert "from the file and the library" in notes(system)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("benzene", r"SMILES can't be read at position 2 \('enzene'\): syntax error"),
        ("C(C", r"at position 2 \('\(C'\): extra open parentheses"),
        ("C1CC", "unclosed ring"),
        ("CC(C)(C)(C)C", "Explicit valence for atom 2 C, 5, is greater than permitted"),
        ("c1cccc1", "kekulize"),
        ("C + ", "part of 'C \\+ '"),
        ("C + xyz", "no system called 'xyz', a part of 'C \\+ xyz',"),
        ("*C", "place for any atom"),
        ("C C", "a blank"),
        ("C" * 3000, "more than 2000 characters"),
        ("C" * 400, "has 1202 atoms, and geometries are made for 1000"),
        ("InChI=1S/CH4O/c1-9/h2H", "can't read this InChI"),
        ("C\0C", "no system"),
    ],
)
def test_what_is_no_molecule_is_a_sentence_with_the_place(source, said):
    with pytest.raises(InputError, match=rf"(?i){said}") as caught:
        load_system(source)
    assert str(caught.value).endswith("SMILES such as 'CC(C)C + [OH]'.")


def test_what_rdkit_does_not_know_of_metals_is_said():
    assert "unpaired electrons of Fe" in notes(load_system("[Fe]"))
    assert "unpaired electrons of Cr" in notes(load_system("C[Cr]C"))


@given(st.text("CNOH[]()=#+-.123@/\\ clFbr", max_size=12))
def test_any_text_is_a_system_or_a_sentence(text):
    try:
        system = load_system(text, files=False)
    except InputError:
        return
    assert np.all(np.isfinite(system.positions))


def test_where_files_are_not_allowed_none_is_read():
    with pytest.raises(InputError, match="no system"):
        load_system(str(STRUCTURES / "m.sdf"), files=False)


def test_a_file_of_smiles_has_a_molecule_a_line(tmp_path):
    path = tmp_path / "drugs.smi"
    path.write_text("smiles name\nCCO ethanol\n[CH3] methyl\n")
    first, second = load_system(str(path)), load_system(str(path), frame=2)
    assert (first.formula, first.multiplicity) == ("C2H6O", 1)
    assert (second.formula, second.multiplicity) == ("CH3", 2)
    assert "molecule 1 of 2" in notes(first)
    assert "Its SMILES is [CH3]" in notes(second)


def test_of_an_sdf_with_several_molecules_the_first_is_taken_and_said(tmp_path):
    text = (STRUCTURES / "m.sdf").read_text()
    path = tmp_path / "two.sdf"
    path.write_text(text + text)
    assert "This is molecule 1 of 2; --frame takes another" in notes(load_system(str(path)))


def test_a_drawing_of_chemdraw_is_opened(tmp_path):
    path = tmp_path / "ethanol.cdxml"
    path.write_text(
        '<?xml version="1.0"?><CDXML BondLength="14.4"><page><fragment id="1">'
        '<n id="2" p="100 100"/><n id="3" p="112 107"/><n id="4" p="125 100" Element="8" NumHydrogens="1"/>'
        '<b id="5" B="2" E="3"/><b id="6" B="3" E="4"/></fragment></page></CDXML>'
    )
    system = load_system(str(path))
    assert (system.formula, system.drawn) == ("C2H6O", True)


def test_a_pdb_without_hydrogens_is_refused_and_one_that_has_none_is_not(tmp_path):
    whole = load_system("CCO")
    atoms = ase.Atoms(whole.numbers, whole.positions)
    for name, kept in (
        ("whole", atoms),
        ("bare", atoms[[0, 1, 2]]),
        ("waters", ase.Atoms("O2", [[0] * 3, [3, 0, 0]])),
    ):
        ase.io.write(tmp_path / f"{name}.pdb", kept)
    assert load_system(str(tmp_path / "whole.pdb")).formula == "C2H6O"
    for name in ("bare", "waters"):
        with pytest.raises(InputError, match="leaves its hydrogen atoms out"):
            load_system(str(tmp_path / f"{name}.pdb"), unit="angstrom")
    for smiles in ("O=C=O", "FC(F)(F)F", "[C-]#[O+]"):
        molecule = load_system(smiles)
        ase.io.write(tmp_path / "none.pdb", ase.Atoms(molecule.numbers, molecule.positions))
        assert load_system(str(tmp_path / "none.pdb")).formula == molecule.formula


ORCA_OUTPUT = """
                                 *****************
                                 * O   R   C   A *
                                 *****************
Number of atoms                             ...      5
---------------------------------
CARTESIAN COORDINATES (ANGSTROEM)
---------------------------------
  C      0.000000    0.000000    0.000000
  H      0.627600    0.627600    0.627600
  H     -0.627600   -0.627600    0.627600
  H     -0.627600    0.627600   -0.627600
  H      0.627600   -0.627600   -0.627600

----------------------------
CARTESIAN COORDINATES (A.U.)
----------------------------
 Total Charge           Charge          ....    1
 Multiplicity           Mult            ....    2
FINAL SINGLE POINT ENERGY       -40.0
                             ****ORCA TERMINATED NORMALLY****
"""


@pytest.mark.parametrize(
    "suffix",
    ["xyz", "extxyz", "mol", "sdf", "mol2", "pdb", "cif", "gjf", "inp", "traj", "json", "smi", "out"],
)
def test_each_kind_of_file_opens(suffix, tmp_path):
    """What the issue names, and what else people have."""
    path = tmp_path / f"molecule.{suffix}"
    known = STRUCTURES / f"m.{suffix}"
    methane = ase.io.read(STRUCTURES / "m.sdf", format="sdf")
    if suffix == "cif":
        methane.set_cell([9, 9, 9])
        methane.center()
        ase.io.write(path, methane)
    elif suffix == "mol2":
        rows = "".join(
            f"{k} {atom.symbol}{k} {atom.x} {atom.y} {atom.z} {'C.3' if atom.symbol == 'C' else 'H'} 1 M 0.0\n"
            for k, atom in enumerate(methane, 1)
        )
        bonds = "".join(f"{k} 1 {k + 1} 1\n" for k in range(1, 5))
        head = "@<TRIPOS>MOLECULE\nm\n5 4 1 0 0\nSMALL\nNO_CHARGES\n\n@<TRIPOS>ATOM\n"
        path.write_text(f"{head}{rows}@<TRIPOS>BOND\n{bonds}")
    elif suffix == "smi":
        path.write_text("C methane\n")
    elif suffix == "out":
        path.write_text(ORCA_OUTPUT)
    elif known.is_file():
        path.write_bytes(known.read_bytes())
    else:
        ase.io.write(path, methane)
    system = load_system(str(path))
    assert system.formula == "CH4"
    assert len(fragments(5, perceive_bonds(system.numbers, system.positions))) == 1
    assert (system.charge, system.multiplicity) == ((1, 2) if suffix == "out" else (0, 1))
    assert system.notes


def test_the_names_of_the_library_are_their_own():
    assert not {entry.name for entry in BUILT_IN} & {partner.name for partner in PARTNERS}
