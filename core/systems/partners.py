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

FORMULAS = {
    "CH4": "C", "C2H6": "CC", "C3H8": "CCC", "C2H4": "C=C", "C2H2": "C#C", "C6H6": "c1ccccc1", "CH3OH": "CO",
    "CH2O": "C=O", "CH3F": "CF", "CH3Cl": "CCl", "CH3Br": "CBr", "CH3I": "CI", "CO2": "O=C=O", "HCN": "C#N",
    "NH3": "N", "N2": "N#N", "N2H4": "NN", "H2O": "O", "H2O2": "OO", "H2S": "S", "H2": "[H][H]", "HF": "F",
    "HCl": "Cl", "HBr": "Br", "HI": "I", "He": "[He]", "NH4+": "[NH4+]", "Na+": "[Na+]", "Cl-": "[Cl-]",
    "Br-": "[Br-]", "I-": "[I-]", "CN-": "[C-]#N", "SO2": "O=S=O",
    "O3": "[O-][O+]=O", "N2O": "[N-]=[N+]=O",
}  # fmt: skip
"""Formula -> SMILES of what people call by its formula; none of these is SMILES itself."""
