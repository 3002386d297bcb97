import pytest
from fake_simulation import make_frame

from atomtug.core.errors import InputError
from atomtug.core.systems import load_system
from atomtug.vr_client.scripted.selection import Names, select, select_atom, select_class

NAMES = Names.of(make_frame(load_system("methane")))


@pytest.mark.parametrize(
    ("selection", "atoms"),
    [
        ("CN:C", (5,)),
        ("H4", (4,)),
        ("C", (0,)),
        ("CH4:H2", (2,)),
        (3, (3,)),
        ("3", (3,)),
        ("CN", (5, 6)),
        (["CN:N", 0, "CN"], (0, 5, 6)),
    ],
)
def test_atoms_are_found(selection, atoms):
    assert select(selection, NAMES) == atoms


def test_residues_are_found_by_the_names_that_people_use():
    names = Names.of(make_frame(load_system("OH + F- + CH4")))
    oxygen, fluoride = names.residues.index("HO"), names.residues.index("F")
    assert select("OH:O", names) == select("HO:O", names) == (oxygen,)
    assert select("F-", names) == (fluoride,)
    assert select_class("H of OH", names) == (oxygen + 1,)


@pytest.mark.parametrize(
    ("selection", "sentence"),
    [
        ("CH5:H1", "There is no atom CH5:H1: there are CH4, CN."),
        ("CH4:X", "There is no atom CH4:X: CH4 has C, H1, H2, H3, H4."),
        ("water", "There is no residue or atom called water: there are CH4, CN."),
        (7, "There is no atom 7: there are 7, counted from 0."),
        ([], "An empty list selects nothing"),
        (True, "True is no selection"),
        (1.5, "1.5 is no selection"),
    ],
)
def test_what_is_not_there_is_named(selection, sentence):
    with pytest.raises(InputError) as caught:
        select(selection, NAMES)
    assert sentence in str(caught.value)


def test_a_name_that_fits_two_atoms_is_refused():
    twins = Names(2, ["H2", "H2"], ["H", "H"])
    with pytest.raises(InputError, match="could be atom 0 or 1: give the index"):
        select("H2:H", twins)


def test_a_residue_is_no_single_atom():
    with pytest.raises(InputError, match="CN means 2 atoms where one is needed"):
        select_atom("CN", NAMES)


def test_without_names_only_indices_work():
    nameless = Names(3)
    assert select(2, nameless) == (2,)
    with pytest.raises(InputError, match="the server sends no names, so give an index"):
        select("CN:C", nameless)
