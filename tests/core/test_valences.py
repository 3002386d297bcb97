"""Bond orders, charges and unpaired electrons from bonds, and the names that follow."""

import numpy as np
import pytest

from atomtug.core.systems import load_system
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.core.systems.smiles import canonical, parse_molecule
from atomtug.core.systems.valences import molecules_of, reaction_between, smiles_of, species

MOLECULES = """C CC C=C C#C CC(C)C [CH3] [OH] O [C]#N C#N [C-]#[NH+] [C-]#[O+] O=C=O [O]N=O C[N+](=O)[O-]
CO[N+](=O)[O-] c1ccccc1 c1ccc2ccccc2c1 c1ccc2cc3ccccc3cc2c1 C1=CCC=C1 c1ccncc1 c1cc[nH]c1 c1ccoc1 c1ccsc1
CS(C)=O CS(C)(=O)=O O=S=O O=S(=O)(O)O O=P(O)(O)O C[S+](C)C [NH4+] [OH3+] [F-] [OH-] CC(=O)[O-] CC(=O)O CC=O
C[CH]C C[C](C)C C=CC=C C=C=C [CH2]C=C N#N [N]=O [O]O O=O [H][H] [H] Cl CCl N=[N+]=[N-] O=[O+][O-]
C=[N+]=[N-] [C-]#[N+]C CC#N B C[Si](C)(C)C OO CO[O] C[O] CF [CH3+] [CH2-]C NC(=O)c1ccccc1
Cn1c(=O)c2c(ncn2C)n(C)c1=O O=C1C=CC(=O)C=C1 C1CC1 [CH]=C [NH2] NO CON=O CN=C=O [Na+].[Cl-] C[NH3+].[Cl-]"""


@pytest.mark.parametrize("smiles", MOLECULES.split())
def test_a_molecule_comes_back_from_its_geometry(smiles):
    system = load_system(f"smiles:{smiles}")
    bonds = perceive_bonds(system.numbers, system.positions)
    assert smiles_of(system.numbers, bonds, system.charge) == canonical(parse_molecule(smiles))


def bonds_of(system):
    return perceive_bonds(system.numbers, system.positions)


def moved(system, atom, old, new):
    """The bonds when an atom has left one for another."""
    kept = [pair for pair in bonds_of(system).tolist() if set(pair) != {atom, old}]
    return np.array(sorted([*kept, sorted([atom, new])]))


def test_an_abstraction_is_told_in_formulas_and_smiles():
    system = load_system("CC(C)C + OH")
    tertiary = next(h for h in range(4, 14) if any(set(pair) == {1, h} for pair in bonds_of(system).tolist()))
    reaction = reaction_between(system.numbers, bonds_of(system), moved(system, tertiary, 1, 14))
    assert reaction.formulas == "C4H10 + OH -> C4H9 + H2O"
    assert reaction.smiles == "CC(C)C.[OH]>>C[C](C)C.O"
    assert reaction.products == ("C4H9", "H2O")


@pytest.mark.parametrize(("onto", "name", "smiles"), [(5, "HCN", "C#N"), (6, "HNC", "[C-]#[NH+]")])
def test_hydrogen_cyanide_and_isocyanide_keep_their_names(onto, name, smiles):
    system = load_system("methane")
    reaction = reaction_between(system.numbers, bonds_of(system), moved(system, 1, 0, onto))
    assert reaction.formulas == f"CH4 + CN -> CH3 + {name}"
    assert smiles in reaction.smiles.split(">>")[1].split(".")


def test_ions_have_their_charge_where_it_went():
    system = load_system("CCl + F-")
    bonds = bonds_of(system)
    after = moved(system, 0, 1, 5)
    reaction = reaction_between(system.numbers, bonds, after, -1)
    assert reaction.formulas == "CH3Cl + F- -> CH3F + Cl-"
    assert reaction.smiles == "CCl.[F-]>>CF.[Cl-]"
    proton = load_system("H3O+ + N")
    reaction = reaction_between(proton.numbers, bonds_of(proton), moved(proton, 1, 0, 4), 1)
    assert reaction.formulas == "H3O+ + NH3 -> H2O + NH4+"


@pytest.mark.parametrize(
    ("source", "molecules"),
    [
        ("CCl + F-", "CH3Cl + F-"),
        ("C[NH3+] + F-", "CH6N+ + F-"),
        ("[Na+].[Cl-]", "Na+ + Cl-"),
        ("methane", "CH4 + CN"),
        ("[NH3+]CC(=O)[O-]", "C2H5NO2"),
        ("F[P-](F)(F)(F)(F)F", "F6P-"),
        ("[Cu+]", "Cu+"),
        ("SO2 + O3", "SO2 + O3"),
        ("C[N+](=O)[O-] + OH", "CH3NO2 + OH"),
    ],
)
def test_molecules_of_a_system_have_their_charge(source, molecules):
    assert molecules_of(load_system(source)) == molecules


def test_a_radical_with_a_bond_too_many_has_no_sign_without_a_counter_ion():
    ammonium = load_system("[NH4+]")
    assert species(ammonium.numbers, bonds_of(ammonium), 1) == ["NH4+"]
    assert species(ammonium.numbers, bonds_of(ammonium), 0) == ["NH4"]


@pytest.mark.parametrize(
    ("numbers", "bonds", "charge", "names"),
    [
        ([12, 8], [], 0, "Mg++ O--"),
        ([20, 8, 8, 1, 1], [[1, 3], [2, 4]], 0, "Ca++ OH- OH-"),
        ([11, 8], [], 0, "Na+ O-"),
        ([11, 11, 8], [], 0, "Na+ Na+ O--"),
        ([11, 6, 1, 1, 1, 17], [[1, 2], [1, 3], [1, 4]], 0, "Na+ CH3 Cl-"),
        ([11, 6, 1, 1, 1, 1], [[1, 2], [1, 3], [1, 4], [1, 5]], 0, "Na CH4"),
        ([12, 8], [], -1, "Mg+ O--"),
        ([11, 17], [], -1, "Na Cl-"),
        ([11, 17], [], 1, "Na+ Cl"),
    ],
)
def test_a_metal_gives_its_electrons_to_the_most_electronegative_until_those_are_filled(
    numbers, bonds, charge, names
):
    pairs = np.array(bonds, dtype=np.int64).reshape(-1, 2)
    assert species(np.array(numbers), pairs, charge) == names.split()


def test_where_nothing_happened_there_is_no_arrow():
    system = load_system("C + OH")
    reaction = reaction_between(system.numbers, bonds_of(system), bonds_of(system))
    assert (reaction.formulas, reaction.products, reaction.happened) == ("CH4 + OH", (), False)


def test_broken_valences_halfway_are_no_error():
    system = load_system("C + OH")
    bonds = np.array([*bonds_of(system).tolist(), [0, 5], [1, 5], [2, 5]])
    assert smiles_of(system.numbers, bonds)
    assert species(system.numbers, bonds) == ["CH5O"]
