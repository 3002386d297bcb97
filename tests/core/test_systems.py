"""Systems by name, from files, and what can't be one."""

import re

import ase
import ase.io
import numpy as np
import pytest
from ase.data import atomic_numbers
from hypothesis import given
from hypothesis import strategies as st

from atomtug.core.errors import InputError
from atomtug.core.systems import BUILT_IN, System, describe, load_system
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.core.systems.plain_xyz import read_plain

ALKANES = {
    "methane": (7, "CH4 + CN"),
    "ethane": (10, "C2H6 + CN"),
    "isobutane": (16, "C4H10 + CN"),
    "isopentane": (19, "C5H12 + CN"),
    "2-isohexane": (22, "C6H14 + CN"),
    "3-isohexane": (22, "C6H14 + CN"),
    "squalane": (94, "C30H62 + CN"),
}
EACH = pytest.mark.parametrize("name", list(ALKANES))


@EACH
def test_a_built_in_system_is_an_alkane_and_a_radical_apart(name):
    system = load_system(name)
    atoms, formula = ALKANES[name]
    assert (len(system.numbers), system.formula) == (atoms, formula)
    assert (system.charge, system.multiplicity) == (0, 2)
    assert system.numbers[-2:].tolist() == [6, 7]
    alkane, radical = system.positions[:-2], system.positions[-2:]
    gap = np.linalg.norm(alkane[:, None] - radical[None], axis=-1)
    assert 3.0 < gap.min() < 5.0
    assert gap[:, 0].min() < gap[:, 1].min()  # carbon first
    assert np.linalg.norm(radical[0] - radical[1]) == pytest.approx(1.17, abs=0.05)


@EACH
def test_its_carbons_have_four_bonds_and_its_hydrogens_one(name):
    system = load_system(name)
    bonds = perceive_bonds(system.numbers, system.positions)
    counts = np.bincount(bonds.ravel(), minlength=len(system.numbers))
    assert set(counts[:-2][system.numbers[:-2] == 6]) == {4}
    assert set(counts[:-2][system.numbers[:-2] == 1]) == {1}
    assert counts[-2:].tolist() == [1, 1]


def test_isomers_differ():
    two, three = (
        np.sort(np.bincount(carbon_bonds(load_system(name)).ravel()))
        for name in ("2-isohexane", "3-isohexane")
    )
    assert two.tolist() == three.tolist()  # both have one branch
    assert longest_chain("2-isohexane") == 5 == longest_chain("3-isohexane")
    assert branch_place("2-isohexane") == 2
    assert branch_place("3-isohexane") == 3


def carbon_bonds(system: System) -> np.ndarray:
    bonds = perceive_bonds(system.numbers, system.positions)
    alkane = bonds[(bonds < len(system.numbers) - 2).all(axis=1)]
    return alkane[(system.numbers[alkane] == 6).all(axis=1)]


def chains(name: str) -> list[list[int]]:
    """All ways along the carbons from end to end."""
    bonds = carbon_bonds(load_system(name))
    around: dict[int, set[int]] = {}
    for i, j in bonds.tolist():
        around.setdefault(i, set()).add(j)
        around.setdefault(j, set()).add(i)

    def walk(way: list[int]) -> list[list[int]]:
        onwards = around[way[-1]] - set(way)
        return [way] if not onwards else [longer for atom in onwards for longer in walk([*way, atom])]

    ends = [atom for atom in around if len(around[atom]) == 1]
    return [way for end in ends for way in walk([end])]


def longest_chain(name: str) -> int:
    return max(map(len, chains(name)))


def branch_place(name: str) -> int:
    bonds = carbon_bonds(load_system(name))
    branched = int(np.argmax(np.bincount(bonds.ravel())))
    return min(way.index(branched) for way in chains(name) if len(way) == 5 and branched in way) + 1


def test_the_list_describes_each_of_them():
    rows = {name: (atoms, formula) for name, _, atoms, formula in describe()}
    assert rows == ALKANES
    assert [entry.name for entry in BUILT_IN] == list(ALKANES)
    assert all("CN" in entry.title for entry in BUILT_IN)


# Files --------------------------------------------------------------------------------------------------

WATER = "3\n{comment}\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n"


@pytest.fixture
def xyz(tmp_path):
    def write(text: str, name: str = "water.xyz"):
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return write


def test_an_xyz_file_is_a_system_named_after_it_with_the_lowest_spin(xyz):
    system = load_system(xyz(WATER.format(comment="water, from a book")))
    assert system.name == "water"
    assert system.symbols == ["O", "H", "H"]
    np.testing.assert_allclose(system.positions[1], [0.96, 0, 0])
    assert (system.charge, system.multiplicity) == (0, 1)
    assert load_system(xyz("1\n\nH 0 0 0\n")).multiplicity == 2


def test_charge_and_multiplicity_come_from_the_file_unless_given(xyz):
    path = xyz(WATER.format(comment="charge=1 multiplicity=4"), "ion.extxyz")
    assert (load_system(path).charge, load_system(path).multiplicity) == (1, 4)
    given = load_system(path, charge=-1, multiplicity=2)
    assert (given.charge, given.multiplicity) == (-1, 2)


def test_of_several_geometries_the_first_is_taken(xyz):
    first, second = WATER.format(comment="1"), WATER.format(comment="2").replace("0.96", "1.5")
    assert load_system(xyz(first + second)).positions[1, 0] == 0.96


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "can't be read as XYZ"),
        ("no number\n\nH 0 0 0\n", "can't be read as XYZ"),
        ("2\n\nH 0 0 0\n", "can't be read as XYZ"),
        ("1\n\nQq 0 0 0\n", "can't be read as XYZ"),
        ("1\n\nH 0 0\n", "can't be read as XYZ"),
        ("0\n\n", "no atoms|can't be read as XYZ"),
        ("1\n\nX 0 0 0\n", "no chemical element"),
        ("1\n\nH nan 0 0\n", "not a number"),
        ("2\n\nH 0 0 0\nH 0.1 0 0\n", "0.10 angstrom apart"),
        ("1\ncharge=0.5\nH 0 0 0\n", "whole numbers"),
        ("1\ncharge=many\nH 0 0 0\n", "whole numbers"),
        ("1\ncharge=1e999\nH 0 0 0\n", "whole numbers"),
        ('1\ncharge="1 2"\nH 0 0 0\n', "whole numbers"),
        ("1\nmultiplicity=1.5\nH 0 0 0\n", "whole numbers"),
        ("1\nmultiplicity=1\nH 0 0 0\n", "can't have multiplicity 1"),
        ("1\nmultiplicity=0\nH 0 0 0\n", "can't have multiplicity 0"),
        ("1\ncharge=2\nH 0 0 0\n", "can't have multiplicity"),
        ("1\nmultiplicity=4\nH 0 0 0\n", "too few for multiplicity 4"),
    ],
)
def test_a_file_that_is_no_system_is_a_sentence(xyz, text, said):
    with pytest.raises(InputError, match=said) as caught:
        load_system(xyz(text))
    assert str(caught.value).rstrip().endswith((".", ")"))


NUMBER = st.floats(-50, 50).map(repr) | st.sampled_from(["1", "-2.5e1", "+0.5", ".5", "1e-3"])


@given(
    atoms=st.lists(
        st.tuples(st.sampled_from(["H", "C", "N", "Cl"]), NUMBER, NUMBER, NUMBER), min_size=1, max_size=5
    ),
    words=st.lists(
        st.sampled_from(["water", "charge=1", "multiplicity=4", "T=300.5", "note=x", 'pbc="F F F"']),
        max_size=4,
    ),
    indent=st.sampled_from(["", " ", "  "]),
    ending=st.sampled_from(["\n", "", "\n\n", "\r\n"]),
    properties=st.sampled_from(
        ["", *(f"Properties=species:S:1:pos:R:3{more}" for more in ("", ":tags:I:1"))]
    ),
)
def test_plain_files_are_read_as_ase_reads_them(tmp_path_factory, atoms, words, indent, ending, properties):
    if "tags" in properties:
        atoms = [(*atom, str(k - 1)) for k, atom in enumerate(atoms)]
    lines = [str(len(atoms)), " ".join([properties, *words]), *(indent + "  ".join(atom) for atom in atoms)]
    text = "\n".join(lines) + ending
    path = tmp_path_factory.getbasetemp() / "plain.xyz"
    path.write_text(text, newline="")
    plain, known = read_plain(text), ase.io.read(path, format="extxyz")
    assert plain is not None
    np.testing.assert_array_equal(plain.numbers, known.numbers)
    np.testing.assert_allclose(plain.positions, known.positions, rtol=1e-12)
    for key in ("charge", "multiplicity", "T"):
        assert float(plain.info.get(key, -7)) == known.info.get(key, -7)


@pytest.mark.parametrize(
    "text",
    [
        '1\nLattice="9 0 0 0 9 0 0 0 9"\nH 0 0 0\n',
        "1\nProperties=pos:R:3:species:S:1\n0 0 0 H\n",
        "1\nProperties=species:S:1:pos:R:3:forces:R:3\nH 0 0 0 1 1 1\n",
        "1\nProperties=species:S:1:pos:R:3:tags:I:1\nH 0 0 0 0.5\n",
        "1\nProperties=species:S:1:pos:R:3:tags:I:1\nH 0 0 0\n",
        '1\npbc="T F F"\nH 0 0 0\n',
        '1\nnote=pbc="F F F"\nH 0 0 0\n',
        "1\ncharge='1'\nH 0 0 0\n",
        "1\nnote= charge=1\nH 0 0 0\n",
        "1\nnote =charge=1\nH 0 0 0\n",
        "2\n\nH 0 0 0\n",
        "1\n\nh 0 0 0\n",
        "0\n\n",
        "x",
        "",
    ],
)
def test_what_is_not_surely_plain_is_left_to_ase(text):
    assert read_plain(text) is None


def test_what_ase_writes_of_atoms_alone_is_plain(tmp_path):
    atoms = ase.Atoms("OHH", [[0, 0, 0], [0.96, 0, 0], [-0.24, 0.93, 0]])
    for tags in ([0, 0, 0], [0, 1, 2]):
        atoms.set_tags(tags)
        ase.io.write(tmp_path / "water.xyz", atoms)
        plain = read_plain((tmp_path / "water.xyz").read_text())
        assert plain is not None
        np.testing.assert_allclose(plain.positions, atoms.positions)


@given(data=st.binary(max_size=120))
def test_any_file_is_a_system_or_a_sentence(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.xyz"
    path.write_bytes(data)
    try:
        system = load_system(str(path))
    except InputError:
        return
    assert len(system.numbers) > 0


@given(
    count=st.text(st.characters(codec="utf-8"), max_size=3) | st.integers(-1, 3).map(str),
    comment=st.text(st.characters(codec="utf-8"), max_size=30)
    | st.sampled_from(["charge=x", "Properties=a:R:1"]),
    lines=st.lists(
        st.sampled_from(["H 0 0 0", "C 1 2 3", "H 0 0", "N 5 5 5 5", "", "He nan 0 0"]), max_size=3
    ),
)
def test_nearly_any_xyz_is_a_system_or_a_sentence(tmp_path_factory, count, comment, lines):
    path = tmp_path_factory.getbasetemp() / "nearly.xyz"
    path.write_text("\n".join([count, comment, *lines]), encoding="utf-8", errors="surrogateescape")
    try:
        system = load_system(str(path))
    except InputError:
        return
    assert np.all(np.isfinite(system.positions))


@pytest.mark.parametrize("source", ["benzene", "", "methane ", "no/such/file.pdb"])
def test_an_unknown_name_is_answered_with_the_known_ones(source):
    with pytest.raises(InputError, match="methane, ethane"):
        load_system(source)


def test_a_file_that_is_not_there_is_a_sentence(tmp_path):
    for path in (tmp_path / "missing.xyz", tmp_path):
        with pytest.raises(InputError, match=r"no file|no system"):
            load_system(str(path))
    folder = tmp_path / "folder.xyz"
    folder.mkdir()
    with pytest.raises(InputError, match="is a folder"):
        load_system(str(folder))


# Systems themselves -------------------------------------------------------------------------------------


def test_atoms_are_named_within_their_fragment():
    system = load_system("methane")
    assert system.residues == [[0, 1, 2, 3, 4], [5, 6]]
    assert system.residue_names == ["CH4", "CN"]
    assert system.atom_names == ["C", "H1", "H2", "H3", "H4", "C", "N"]


@pytest.mark.parametrize(
    ("symbols", "formula"),
    [("OHH", "H2O"), ("CHHHO", "CH3O"), ("NaCl", "ClNa"), ("BrC", "CBr")],
)
def test_formulas_are_in_hills_order(symbols, formula):
    numbers = [atomic_numbers[s] for s in re.findall("[A-Z][a-z]?", symbols)]
    positions = np.array([[0.7 * k, 0, 0] for k in range(len(numbers))])
    electrons = sum(numbers)
    assert System("x", numbers, positions, 0, 1 + electrons % 2).formula == formula


def test_positions_must_fit_the_atoms():
    with pytest.raises(InputError, match="shape"):
        System("x", np.array([1, 1]), np.zeros((3, 3)))
    with pytest.raises(InputError, match="no atoms"):
        System("x", np.array([], dtype=int), np.zeros((0, 3)))


def test_another_geometry_is_checked_like_the_first():
    system = load_system("methane")
    moved = system.with_positions(system.positions + 1.0)
    np.testing.assert_allclose(moved.positions, system.positions + 1.0)
    assert moved.name == "methane"
    with pytest.raises(InputError, match="apart"):
        system.with_positions(np.zeros((7, 3)))


def test_masses_are_in_amu():
    np.testing.assert_allclose(load_system("methane").masses[[0, 1, 6]], [12.011, 1.008, 14.007], rtol=1e-4)


@pytest.mark.parametrize(("written", "meant"), [("Methane", "methane"), ("C + oh", "OH"), ("h2o", "H2O")])
def test_a_name_in_other_letters_is_suggested(written, meant):
    with pytest.raises(InputError, match=f"did you mean {meant}\\?$"):
        load_system(written)


def test_what_is_too_large_or_a_folder_is_refused_at_once(tmp_path):
    (tmp_path / "large.xyz").write_text("6000\n\n" + "".join(f"H {2 * i} 0 0\n" for i in range(6000)))
    with pytest.raises(InputError, match="it has 6,000 atoms, and 5,000 are the most"):
        load_system(str(tmp_path / "large.xyz"))
    (tmp_path / "folder.xyz").mkdir()
    with pytest.raises(InputError, match=r"folder\.xyz is a folder: give a file in it"):
        load_system(str(tmp_path / "folder.xyz"))


def test_a_long_smiles_is_not_repeated():
    with pytest.raises(InputError) as refused:
        load_system("C" * 600)
    assert len(str(refused.value)) < 600
