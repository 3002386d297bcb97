"""Structure files as people and programs write them are read right, or refused with a sentence."""

import json
from pathlib import Path

import ase
import ase.io
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_engines import FreeEngine

from atomtug.core.errors import InputError
from atomtug.core.systems import load_system
from atomtug.recordings import Recording, RecordingWriter
from atomtug.server.dynamics.simulation import DynamicsSettings, Simulation
from atomtug.server.dynamics.wall import MARGIN, default_radius

STRUCTURES = Path(__file__).parent / "structures"
METHANE = np.array([[0, 0, 0], [1, 1, 1], [-1, -1, 1], [-1, 1, -1], [1, -1, -1]]) * 0.6276
CH4 = "".join(f"{symbol} {x} {y} {z}\n" for symbol, (x, y, z) in zip("CHHHH", METHANE.tolist(), strict=True))


def case(name, **options):
    return load_system(str(STRUCTURES / name), **options)


@pytest.fixture
def wrote(tmp_path):
    def write(text, name="molecule.xyz"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return write


# 8: several frames, bohr, far away ----------------------------------------------------------------------


def test_8_of_several_frames_the_first_is_taken_and_said():
    system = case("multi_mixed.xyz")
    assert system.formula == "CH4"
    assert any("frame 1 of 2" in note and "--frame" in note for note in system.notes)


@pytest.mark.parametrize("frame", [2, -1])
def test_8_another_frame_can_be_taken(frame):
    system = case("multi_mixed.xyz", frame=frame, charge=1)
    assert system.formula == "H4N"
    assert any("frame 2 of 2" in note for note in system.notes)


@pytest.mark.parametrize("frame", [0, 3, -3])
def test_8_a_frame_that_is_not_there_is_a_sentence(frame):
    with pytest.raises(InputError, match=r"2 geometries, so --frame must be 1 to 2"):
        case("multi_mixed.xyz", frame=frame)


def test_8_coordinates_in_bohr_are_asked_about():
    with pytest.raises(InputError, match=r"no two of its atoms are bonded .* --unit bohr .* --unit angstrom"):
        case("bohr.xyz")


def test_8_coordinates_in_bohr_and_nm_are_converted_when_it_is_said(wrote):
    assert case("bohr.xyz", unit="bohr").positions == pytest.approx(METHANE, abs=1e-4)
    text = "3\n\nO 0 0 0\nH 0.096 0 0\nH -0.024 0.093 0\n"
    assert load_system(wrote(text), unit="nm").positions[1, 0] == pytest.approx(0.96)


def test_8_atoms_that_are_meant_to_be_apart_are_let_be():
    assert case("bohr.xyz", unit="angstrom").formula == "C + H + H + H + H"


def test_8_angstrom_said_to_be_bohr_is_refused():
    with pytest.raises(InputError, match="too near: leave out --unit"):
        case("labels.xyz", unit="bohr")


def test_8_a_molecule_far_from_the_origin_is_within_its_wall():
    system = case("far.xyz")
    assert default_radius(system.positions) < MARGIN + 2.0
    assert system.positions == pytest.approx(METHANE, abs=1e-4)
    assert any("moved by 173 angstrom" in note for note in system.notes)


# 5: cells -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "comment",
    [
        'Lattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3 pbc="T T T"',
        'Lattice="9 0 0 0 9 0 0 0 9"',
        'Lattice="9 0 0 0 9 0 0 0 9" pbc="F F T"',
        'pbc="T T T"',
    ],
)
@pytest.mark.parametrize("label", ["C", "C1"], ids=["by ASE", "by us"])
def test_5_a_periodic_xyz_is_refused(wrote, comment, label):
    with pytest.raises(InputError, match="periodic"):
        load_system(wrote(f"5\n{comment}\n" + CH4.replace("C ", f"{label} ")))


def test_5_a_cell_that_is_not_periodic_is_none(wrote):
    system = load_system(wrote(f'5\nLattice="9 0 0 0 9 0 0 0 9" pbc="F F F"\n{CH4}'))
    assert system.formula == "CH4"


@pytest.mark.parametrize("suffix", ["cif", "pdb"])
def test_5_a_molecule_whole_in_its_cell_is_a_molecule_and_a_torn_one_is_refused(tmp_path, suffix):
    whole = ase.Atoms("CH4", METHANE + 4.0, cell=[8, 8, 8], pbc=True)
    ase.io.write(tmp_path / f"whole.{suffix}", whole)
    system = load_system(str(tmp_path / f"whole.{suffix}"))
    assert system.formula == "CH4"
    assert any("no bond crosses the border" in note for note in system.notes)
    torn = ase.Atoms("CH4", METHANE, cell=[8, 8, 8], pbc=True)
    torn.wrap()
    ase.io.write(tmp_path / f"torn.{suffix}", torn)
    with pytest.raises(InputError, match="across the border of the cell"):
        load_system(str(tmp_path / f"torn.{suffix}"))


def test_5_a_crystal_in_a_file_of_another_kind_is_refused(tmp_path):
    ase.io.write(tmp_path / "POSCAR", ase.Atoms("CH4", METHANE + 4.0, cell=[8, 8, 8], pbc=True))
    with pytest.raises(InputError, match="periodic"):
        load_system(str(tmp_path / "POSCAR"))


# 11: XYZ as people have it, and other kinds of files ----------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "blank_first.xyz", "bom.xyz", "comment_count.xyz", "deut.xyz", "fortranD.xyz", "labels.xyz",
        "labels_us.xyz", "latin1.xyz", "mathematica.xyz", "trit.xyz", "znum.xyz",
        "m.gjf", "m.inp", "m.mol", "m.pdb", "m.sdf",
    ],
)  # fmt: skip
def test_11_methane_is_methane_in_each_of_its_spellings(name):
    system = case(name)
    assert system.symbols == ["C", "H", "H", "H", "H"]
    assert system.positions == pytest.approx(METHANE, abs=1e-3)
    assert (system.charge, system.multiplicity) == (0, 1)


def test_11_a_file_of_qm9_is_read():
    system = case("qm9.xyz")
    assert system.formula == "CH4"
    assert system.positions[1].tolist() == [0.002150416, -0.0060313176, 0.0019761204]


def test_a_cif_with_fractions_of_a_cell_that_it_does_not_give_is_refused(tmp_path):
    path = tmp_path / "a.cif"
    columns = ["label", "type_symbol", "fract_x", "fract_y", "fract_z"]
    loop = "".join(f"_atom_site_{column}\n" for column in columns)
    atoms = "O1 O 0 0 0\nH1 H 0.1 0 0\nH2 H 0 0.1 0\n"
    path.write_text(f"data_x\nloop_\n{loop}{atoms}")
    with pytest.raises(InputError, match=r"fractions of a cell .* does not give the cell .*: add it"):
        load_system(str(path))
    path.write_text(f"data_x\nloop_\n{loop.replace('fract', 'Cartn')}{atoms.replace('0.1', '0.96')}")
    assert load_system(str(path)).formula == "H2O"


def test_11_a_cif_is_read():
    assert case("m.cif").symbols == ["C"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_11_any_encoding_and_line_ending(wrote, encoding, ending):
    text = f"5\ncafé total_charge=0\n{CH4}".replace("\n", ending)
    assert load_system(wrote(text.encode(encoding))).formula == "CH4"


@pytest.mark.parametrize(
    ("label", "mass"),
    [
        ("D", 2.014),
        ("T", 3.016),
        ("2H", 2.014),
        ("3H", 3.016),
        ("H(iso=2)", 2.014),
        ("H1", 1.008),
        ("^2H", 2.014),
    ],
)
def test_11_isotopes_have_their_masses(wrote, label, mass):
    system = load_system(wrote(f"2\n\n{label} 0 0 0\nF 0 0 0.92\n"))
    assert system.symbols == ["H", "F"]
    assert system.masses[0] == pytest.approx(mass, abs=1e-3)
    assert system.with_positions(system.positions * 1.1).masses[0] == system.masses[0]
    assert any("Isotopes" in note for note in system.notes) == (mass > 2)


def test_11_the_masses_of_isotopes_reach_the_dynamics(wrote):
    assert case("deut.xyz").masses.sum() == pytest.approx(12.011 + 4 * 2.014, abs=1e-3)
    assert load_system(wrote("1\n\n13C 0 0 0\n")).masses[0] == pytest.approx(13.00335, abs=1e-4)
    system = load_system(wrote("2\n\nD 0 0 0\nF 0 0 0.92\n"))
    frame = Simulation(system, FreeEngine(system.positions), DynamicsSettings()).frame()
    # The whole stands still at the start, with the mass that the dynamics moves.
    assert np.abs(frame.velocities).max() > 1e-3
    assert 2.01410 * frame.velocities[0] == pytest.approx(-18.9984 * frame.velocities[1], rel=1e-4)


def test_11_the_masses_of_isotopes_reach_the_recording(tmp_path):
    path = tmp_path / "recorded.h5"
    RecordingWriter(path, case("deut.xyz"), {}).close()
    with Recording(path) as recording:
        assert recording.system.masses == pytest.approx(case("deut.xyz").masses)


@pytest.mark.parametrize(
    "row", ["C 6.0 0 0 0", "C, 0.0, 0.0, 0.0", "C,0.0,0.0,0.0", "c 0,0 0,0 0,0", "6 0 0 0", "C_1 0 0 0 1 2"]
)
def test_11_other_ways_to_write_a_row(wrote, row):
    hydrogen = "H 1.0 0 0 1.09" if row.startswith("C 6.0") else "H 0 0 1.09"
    system = load_system(wrote(f"2\n\n{row}\n{hydrogen}\n"))
    assert system.formula == "CH"
    assert system.positions[1, 2] - system.positions[0, 2] == pytest.approx(1.09)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("5\n\nC 0 0 0\n", "line 1 says 5 atoms, but only 1 lines"),
        ("1\n\nC 0 0 0\nH 0 0 1.1\n", "line 1 says 1 atoms, but line 4 is one more"),
        ("2\nC 0 0 0\nH 0 0 1.1\n", "line 1 says 2 atoms"),
        ("2\n\nC1 0 0 0\nH 0 oops 1\n", "line 4: 'oops' is not a number"),
        ("2\n\nC1 0 0 0\nH 0 ***** 1\n", r"line 4: '\*\*\*\*\*' is not a number"),
        ("2\n\nC1 0 0 0\nQ7 0 0 1\n", "line 4: 'Q7' is a dummy or ghost atom"),
        ("2\n\nC1 0 0 0\nZz 0 0 1\n", "line 4: 'Zz' is no chemical element"),
        ("2\n\nCA 0 0 0\nH 0 0 1\n", "line 3: 'CA' can be Ca or a label of C"),
        ("2\n\nC1 0 0 0\nH nan 0 1\n", "line 4: the coordinate 'nan' is not a number"),
        ("C 0 0 0\nH 0 0 1\n", "line 1 is 'C 0 0 0', where the number of atoms should be"),
    ],
)  # fmt: skip
def test_11_what_can_not_be_read_is_named_by_line_and_cause(wrote, text, said):
    with pytest.raises(InputError, match=f"molecule.xyz can't be read as XYZ: {said}"):
        load_system(wrote(text))


def test_11_inputs_of_orca_and_qchem_and_gaussian_say_charge_and_multiplicity(wrote):
    water = "O 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n"
    wrote(f"3\n\n{water}", "geometry.xyz")
    for name, text in {
        "a.inp": f"! B3LYP\n*xyz 1 2\n{water}*\n",
        "b.inp": "! B3LYP\n* xyzfile 1 2 geometry.xyz\n",
        "c.in": f"$molecule\n1 2\n{water}$end\n$rem\nmethod b3lyp\n$end\n",
        "d.com": f"%mem=1GB\n#p b3lyp\n\ntitle\n\n1 2\n{water}\n",
    }.items():
        system = load_system(wrote(text, name))
        assert (system.formula, system.charge, system.multiplicity) == ("H2O", 1, 2), name
        assert any("charge=1" in note for note in system.notes)


def test_11_avogadros_files_say_charge_and_multiplicity(wrote):
    atoms = {"coords": {"3d": [0, 0, 0, 0, 0, 0.97]}, "elements": {"number": [8, 1]}}
    said = {"totalCharge": -1, "totalSpinMultiplicity": 1}
    system = load_system(wrote(json.dumps({"atoms": atoms, "properties": said}), "anion.cjson"))
    assert (system.formula, system.charge, system.multiplicity) == ("HO", -1, 1)


def test_11_hydrogens_that_may_be_left_out_are_said(wrote):
    system = load_system(wrote("2\n\nC 0 0 0\nC 0 0 1.5\n"))
    assert any("no hydrogen atoms" in note for note in system.notes)
    assert not any("no hydrogen atoms" in note for note in case("labels.xyz").notes)


def test_11_coordinates_in_an_input_that_are_not_cartesian_angstrom_are_refused(wrote):
    with pytest.raises(InputError, match="internal coordinates"):
        load_system(wrote("* int 0 1\nO 0 0 0 0 0 0\n*\n", "a.inp"))
    with pytest.raises(InputError, match="--unit bohr"):
        load_system(wrote("! HF Bohrs\n* xyz 0 1\nHe 0 0 0\n*\n", "a.inp"))
    with pytest.raises(InputError, match="no Cartesian coordinates"):
        load_system(wrote("&GLOBAL\n&END\n", "cp2k.inp"))


def test_11_charges_and_radicals_of_a_molfile_count(wrote):
    text = (STRUCTURES / "m.mol").read_text()
    ion = text.replace("0.0000 C   0", "0.0000 N   0").replace("M  END", "M  CHG  1   1   1\nM  END")
    system = load_system(wrote(ion, "ammonium.mol"))
    assert (system.formula, system.charge, system.multiplicity) == ("H4N", 1, 1)
    assert any("formal charge=1" in note for note in system.notes)


def test_11_of_a_drawing_a_geometry_is_made_and_missing_hydrogens_are_refused(wrote):
    from rdkit import Chem

    flat = Chem.MolToMolBlock(Chem.MolFromSmiles("CCO"))
    for text in (
        flat,
        flat.replace("          2D", "            "),
        flat.replace("     RDKit          2D", ""),
    ):
        system = load_system(wrote(text, "flat.mol"))
        assert (system.formula, system.drawn) == ("C2H6O", True)
        assert np.ptp(system.positions, axis=0).min() > 1.0
        assert any("2D" in note and "RDKit's conformer" in note for note in system.notes)
    with pytest.raises(InputError, match="leaves out 6 hydrogen"):
        load_system(wrote(flat.replace("          2D", "          3D"), "bare.mol"))


def test_11_a_file_of_no_known_kind_is_a_sentence(wrote):
    for name in (
        "letter.docx",
        "notes.txt",
        "strange.pdb",
        "strange.cif",
        "strange.gjf",
        "strange.sdf",
        "x.mol2",
    ):
        with pytest.raises(InputError, match=r"can't be read as a structure|no atoms"):
            load_system(wrote("Dear colleague,\n\nsee you\n", name))


ROW = st.tuples(
    st.sampled_from(["H", "C1", "h_a", "D", "8", "Cl", "13C"]),
    st.lists(st.floats(-5, 5).map(lambda x: round(x, 6)), min_size=3, max_size=3),
)
FORMAT = st.sampled_from(
    [
        repr,
        lambda x: f"{x:.8E}".replace("E", "D"),
        lambda x: f"{x:.9e}".replace("e", "*^"),
        lambda x: f"{x:.8f}",
    ]
)


@given(
    rows=st.lists(ROW, min_size=1, max_size=4), form=FORMAT, encoding=st.sampled_from(["utf-8-sig", "utf-16"])
)
def test_11_any_spelling_of_labels_and_numbers_comes_back(tmp_path_factory, rows, form, encoding):
    from atomtug.core.systems.xyz import read_xyz

    path = tmp_path_factory.getbasetemp() / "spelt.xyz"
    lines = [" ".join([label, *map(form, xyz)]) for label, xyz in rows]
    path.write_text("\n".join([f"{len(rows)} atoms", "", *lines, ""]), encoding=encoding)
    structure = read_xyz(path)
    assert structure.positions == pytest.approx(np.array([xyz for _, xyz in rows]), abs=1e-7)
    known = {"H": 1, "C1": 6, "h_a": 1, "D": 1, "8": 8, "Cl": 17, "13C": 6}
    assert structure.numbers.tolist() == [known[label] for label, _ in rows]


@given(
    suffix=st.sampled_from(["xyz", "mol", "sdf", "mol2", "inp", "gjf", "pdb", "cif"]),
    cut=st.integers(0, 400),
    more=st.text(max_size=30),
)
def test_11_a_damaged_file_is_a_system_or_a_sentence(tmp_path_factory, suffix, cut, more):
    path = tmp_path_factory.getbasetemp() / f"damaged.{suffix}"
    source = {"xyz": "fortranD.xyz", "mol2": "m.mol"}.get(suffix, f"m.{suffix}")
    text = (STRUCTURES / source).read_text()
    path.write_text(text[:cut] + more + text[cut + 3 :], encoding="utf-8", errors="surrogatepass")
    try:
        system = load_system(str(path))
    except InputError:
        return
    assert np.all(np.isfinite(system.positions))
