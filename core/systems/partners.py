"""Small reaction partners by name: radicals, atoms and ions to put beside a molecule ("methane + OH")."""

from typing import NamedTuple


class Partner(NamedTuple):
    """A partner: its ``name``, its ``smiles``, 2S + 1, and what it does."""

    name: str
    smiles: str
    multiplicity: int
    does: str


PARTNERS = (
    Partner("OH", "[OH]", 2, "hydroxyl radical: takes hydrogen off nearly everything, adds to double bonds"),
    Partner("Cl", "[Cl]", 2, "chlorine atom: takes hydrogen without being choosy, adds to double bonds"),
    Partner("H", "[H]", 2, "hydrogen atom: adds to double bonds, takes hydrogen (H2 forms)"),
    Partner("F", "[F]", 2, "fluorine atom: takes hydrogen with hardly a barrier"),
    Partner("CH3", "[CH3]", 2, "methyl radical: takes weakly bound hydrogen, adds, joins other radicals"),
    Partner("O2", "O=O", 3, "oxygen, a triplet: joins carbon radicals (peroxyl radicals)"),
    Partner("CN", "[C]#N", 2, "cyano radical: takes hydrogen (HCN, HNC), adds to double bonds"),
    Partner(
        "NO2", "O=[N][O]", 2, "nitrogen dioxide: joins radicals by its N or O, takes weakly bound hydrogen"
    ),
    Partner("NH2", "[NH2]", 2, "amino radical: takes hydrogen (NH3 forms), slowly"),
    Partner("F-", "[F-]", 1, "fluoride: takes protons, replaces leaving groups (SN2)"),
    Partner("OH-", "[OH-]", 1, "hydroxide: takes protons, replaces leaving groups, adds to carbonyl carbon"),
    Partner("H3O+", "[OH3+]", 1, "hydronium: gives a proton to bases"),
)
"""The library, as ``atomtug systems`` lists it."""

BY_NAME = {partner.name: partner for partner in PARTNERS}
