"""Inputs and outputs of quantum chemistry programs, SDF files and ghost atoms as they are found elsewhere."""

import ase.io
import numpy as np
import pytest

from atomtug.core.errors import InputError
from atomtug.core.systems import load_system

METHANE = "C 0.0 0.0 0.0\nH .63 .63 .63\nH -.63 -.63 .63\nH -.63 .63 -.63\nH .63 -.63 -.63\n"
GAUSSIAN = "#p pbepbe\n\ntitle\n\n"
ORCA_STATE = """
 Total Charge           Charge          ....    1
 Multiplicity           Mult            ....    2
 Number of Electrons    NEL             ....    9
"""
GAUSSIAN_STATE = " Charge =  1 Multiplicity = 2\n"
OTHERS = """
ATOMIC CHARGES: CHARGE
  0 C : 0.1
 the quadrupole has Q=0.003, a state has Mult 3
 Charge= 0.24745919D-01
"""


@pytest.fixture
def wrote(tmp_path):
    def write(name, text):
        (tmp_path / name).write_bytes(text.encode())
        return str(tmp_path / name)

    return write


@pytest.mark.parametrize("state", [ORCA_STATE, GAUSSIAN_STATE])
def test_an_output_says_charge_and_multiplicity_on_its_programs_line_only(wrote, monkeypatch, state):
    ion = ase.Atoms("CH4", [[float(x) for x in row.split()[1:]] for row in METHANE.splitlines()])
    monkeypatch.setattr(ase.io, "read", lambda *_, **__: [ion])
    system = load_system(wrote("ion.out", OTHERS + state + OTHERS))
    assert (system.charge, system.multiplicity) == (1, 2)


def test_of_an_optimisation_that_a_program_has_written_the_last_geometry_is_taken(wrote, monkeypatch):
    steps = [ase.Atoms("CO", [[0, 0, 0], [0, 0, length]]) for length in (1.4, 1.2, 1.128)]
    monkeypatch.setattr(ase.io, "read", lambda *_, **__: steps)
    output = wrote("opt.log", GAUSSIAN_STATE.replace("=  1", "=  0").replace("= 2", "= 1"))
    optimised = load_system(output)
    assert np.ptp(optimised.positions[:, 2]) == pytest.approx(1.128)
    assert "This is frame 3 of 3, the last of the output; --frame takes another." in optimised.notes
    assert np.ptp(load_system(output, frame=1).positions[:, 2]) == pytest.approx(1.4)


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("orca.inp", "H: 3.0 0.0 0.0"),
        ("gaussian.gjf", "H-Bq 3.0 0.0 0.0\nH-Bq 4.0 0.0 0.0"),
        ("nwchem.xyz", "BqH 3.0 0.0 0.0"),
        ("psi4.xyz", "@H 3.0 0.0 0.0"),
    ],
)
def test_a_ghost_is_never_an_atom(wrote, name, row):
    text = {
        "inp": f"! PBE\n* xyz 0 1\n{METHANE}{row}\n*\n",
        "gjf": f"{GAUSSIAN}0 1\n{METHANE}{row}\n\n",
        "xyz": f"6\n\n{METHANE}{row}\n",
    }
    with pytest.raises(InputError, match="ghost atom"):
        load_system(wrote(name, text[name.split(".")[1]]))


def test_a_z_matrix_of_gaussian_has_variables(wrote):
    rows = "C\nH 1 R\nH 1 R 2 A\nH 1 R 2 A 3 D\nH 1 R 2 A 3 -D\n\nR=1.09\nA 109.471\nd=120.0\n\n"
    system = load_system(wrote("a.gjf", f"{GAUSSIAN}0 1\n{rows}"))
    assert system.formula == "CH4"
    distances = np.linalg.norm(system.positions[1:, None] - system.positions[None, 1:], axis=-1)
    assert distances[np.triu_indices(4, 1)] == pytest.approx(1.09 * np.sqrt(8 / 3), abs=1e-3)
    with pytest.raises(InputError, match="Z-matrix"):
        load_system(wrote("b.gjf", f"{GAUSSIAN}0 1\n{rows.replace('R=1.09', '')}"))


def test_of_a_gaussian_input_the_first_job_counts_with_its_isotopes_and_its_cell(wrote):
    job = f"{GAUSSIAN}0 1\n{METHANE.replace('H ', 'H(Iso=2) ')}\n"
    system = load_system(wrote("two.gjf", f"{job}--Link1--\n{GAUSSIAN}1 2\n{METHANE}\n"))
    assert (system.formula, system.charge) == ("CH4", 0)
    assert system.masses[1:] == pytest.approx(2.0141, abs=1e-3)
    with pytest.raises(InputError, match="periodic"):
        load_system(wrote("chain.gjf", f"{GAUSSIAN}0 1\n{METHANE}Tv 10.0 0.0 0.0\n\n"))


def test_nothing_within_a_block_of_coordinates_is_lost(wrote):
    far = "\n# another\nHe 5.0 0.0 0.0\n"
    assert load_system(wrote("a.inp", f"! PBE\n* xyz 0 1\n{METHANE}{far}*\n")).formula == "CH4 + He"
    parts = f"$molecule\n0 1\n--\n0 1\n{METHANE}--\n0 1\nHe 5.0 0.0 0.0\n$end\n"
    assert load_system(wrote("b.in", parts)).formula == "CH4 + He"


def test_a_mark_before_a_file_costs_no_atom(wrote):
    row = "HETATM{:5d}  {:3s} UNL     1    {:8.3f}   0.000   0.000  1.00  0.00          {:>2s}  \n"
    text = row.format(1, "C ", 0.0, "C") + row.format(2, "O ", 1.13, "O")
    assert load_system(wrote("a.pdb", f"\ufeff{text}END\n")).formula == "CO"
    models = load_system(wrote("b.pdb", f"MODEL 1\n{text}ENDMDL\nMODEL 2\n{text}ENDMDL\nEND\n"), frame=-1)
    assert (models.formula, models.notes[0]) == ("CO", "This is frame 2 of 2.")


def test_drawings_of_single_atoms_and_salts_and_blanks_behind_the_mark_of_an_sdf(wrote):
    from rdkit import Chem

    def flat(smiles):
        return Chem.MolToMolBlock(Chem.MolFromSmiles(smiles))

    assert load_system(wrote("a.mol", flat("O"))).formula == "H2O"
    assert load_system(wrote("b.mol", flat("[Na+].[Cl-]"))).formula == "Na + Cl"
    several = load_system(wrote("c.sdf", f"{flat('CC')}$$$$  \n{flat('CO')}$$$$\t\n"), frame=2)
    assert (several.formula, several.notes[0]) == ("CH4O", "This is molecule 2 of 2.")


def test_files_are_parts_of_systems_wherever_they_stand(wrote):
    ion, helium = wrote("ion.xyz", f"5\n1 2\n{METHANE}"), wrote("helium.xyz", "1\n\nHe 0 0 0\n")
    assert load_system(f"{ion} + {helium}").formula == "CH4 + He"
    assert load_system(f"OH + {helium}").formula == "HO + He"
    with pytest.raises(InputError, match=r"^There is no file none\.xyz: check the path"):
        load_system(f"{helium} + none.xyz")
    with pytest.raises(InputError, match="no file of this name is there"):
        load_system(f"{helium} + none.pdb")


def test_a_compressed_file_is_refused_before_its_charge_is_lost(wrote):
    with pytest.raises(InputError, match="compressed"):
        load_system(wrote("ion.sdf.gz", "packed"))


@pytest.mark.parametrize("name", ["CHARGE", "total_charge", "PUBCHEM_TOTAL_CHARGE"])
def test_the_charge_and_multiplicity_that_an_sdf_file_has_as_data_items_are_read(wrote, name):
    rows = "".join(f"{x:10.4f}{y:10.4f}{z:10.4f} {element}   0  0\n" for element, x, y, z in (
        ("N", 0.0, 0.0, 0.0), ("H", 0.6, 0.6, 0.6), ("H", -0.6, -0.6, 0.6), ("H", -0.6, 0.6, -0.6),
        ("H", 0.6, -0.6, -0.6),
    ))  # fmt: skip
    bonds = "".join(f"  1  {k}  1  0\n" for k in (2, 3, 4, 5))
    block = f"x\n\n\n  5  4  0  0  0  0  0  0  0  0999 V2000\n{rows}{bonds}M  END\n"
    items = f"> <{name}>\n1\n\n>  <Multiplicity>\n1\n\n> <CHARGES>\n7\n\n$$$$\n"
    system = load_system(wrote("ion.sdf", block + items))
    assert (system.charge, system.multiplicity) == (1, 1)
    assert load_system(wrote("partial.sdf", block + f"> <{name}>\n0.1\n0.2\n\n$$$$\n")).charge == 0
