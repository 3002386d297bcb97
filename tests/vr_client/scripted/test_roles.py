"""Who attacks what by default, and as it is wished for."""

import numpy as np
import pytest

from atomtug.core.errors import InputError
from atomtug.core.systems import load_system
from atomtug.vr_client.scripted.roles import Wishes, approach_of, choose_attack, choose_bond
from atomtug.vr_client.scripted.selecting import Scene
from atomtug.vr_client.scripted.series import SteeringSeries
from atomtug.vr_client.scripted.trials import draw_trial


def attack_on(source, kind="abstract", seed=0, **wishes):
    system = load_system(source)
    attack = choose_attack(Scene.of_system(system), kind, Wishes(**wishes), np.random.default_rng(seed))
    return attack, system.atom_labels, system


@pytest.mark.parametrize(
    ("source", "kind", "head", "targets", "partners"),
    [
        ("methane", "abstract", "CN:C", {"H1", "H2", "H3", "H4"}, {"C"}),
        ("C + OH", "abstract", "HO:O", {"H1", "H2", "H3", "H4"}, {"C"}),
        ("OH + C", "abstract", "HO:O", {"H1", "H2", "H3", "H4"}, {"C"}),
        ("C[CH2] + C", "abstract", "C2", {"CH4:H1", "CH4:H2", "CH4:H3", "CH4:H4"}, {"CH4:C"}),
        ("H3O+ + N", "abstract", "H3N:N", {"H3O:H1", "H3O:H2", "H3O:H3"}, {"H3O:O"}),
        ("O + Cl", "abstract", "Cl:Cl", {"H1", "H2"}, {"O"}),
        ("CC(=O)O + N", "abstract", "H3N:N", {"H4"}, {"O2"}),
        ("OH- + CO", "abstract", "HO:O", {"H4"}, {"O"}),
        ("CO + OH", "abstract", "HO:O", {"H1", "H2", "H3"}, {"C"}),
        ("C=C + H", "add", "H:H", {"C1", "C2"}, {None}),
        ("C=O + H", "add", "H:H", {"C"}, {None}),
        ("CCl + F-", "substitute", "F:F", {"C"}, {"Cl"}),
        ("FCCBr + OH-", "substitute", "HO:O", {"C2"}, {"Br"}),
        ("CC[OH2+] + [Cl-]", "substitute", "Cl:Cl", {"C2"}, {"O"}),
        ("[CH3] + [CH3]", "associate", "CH3:C", {"CH3:C"}, {None}),
        ("B + N", "associate", "H3N:N", {"BH3:B"}, {None}),
    ],
)
def test_the_sensible_choice_is_the_default(source, kind, head, targets, partners):
    for seed in range(4):
        attack, labels, _ = attack_on(source, kind, seed)
        assert labels[attack.head] in (head, head.split(":")[-1])
        assert labels[attack.target] in targets | {each.split(":")[-1] for each in targets}
        assert (None if attack.partner is None else labels[attack.partner].split(":")[-1]) in {
            each and each.split(":")[-1] for each in partners
        }
        assert attack.target not in attack.body


@pytest.mark.parametrize(
    ("source", "kind", "wishes", "head", "target"),
    [
        ("CCO + OH", "abstract", {"site": "[H][O]"}, "HO:O", "H6"),
        ("CCO + OH", "abstract", {"site": "[C][O][H:1]"}, "HO:O", "H6"),
        ("CC(C)C + OH", "abstract", {"site": "tertiary"}, "HO:O", "H4"),
        ("CC(C)C + OH", "abstract", {"site": "7"}, "HO:O", None),
        ("CC(C)C + OH", "abstract", {"site": "[CX4H1]"}, "HO:O", "H4"),
        ("CC(C)C + OH", "abstract", {"site": "1"}, "HO:O", "H4"),
        ("CC=O + OH", "abstract", {"site": "[CX3H1]"}, "HO:O", "H4"),
        ("CC=O + OH", "abstract", {"site": "O"}, "HO:O", "O"),
        ("C + OH", "abstract", {"attacker": "OH", "site": "H"}, "HO:O", None),
        ("C + OH", "abstract", {"attacker": "HO:O", "target": "CH4", "site": "H3"}, "HO:O", "H3"),
        ("C + OH", "abstract", {"attacker": "[OX1,OX2]"}, "HO:O", None),
        ("CC=C + Cl", "add", {"site": "[CH2]"}, "Cl:Cl", "C3"),
        ("C + O=[N][O]", "abstract", {"attacker": "N"}, "NO2:N", None),
        ("C + CCl + F-", "substitute", {"attacker": "F"}, "F:F", None),
        ("CC + CCl + OH", "abstract", {"target": "CH3Cl"}, "HO:O", None),
        ("CC + CCl + OH", "abstract", {"target": "C2H6"}, "HO:O", None),
    ],
)
def test_roles_are_taken_by_name_element_smarts_or_index(source, kind, wishes, head, target):
    attack, labels, system = attack_on(source, kind, **wishes)
    assert labels[attack.head] == head
    if target is not None:
        assert labels[attack.target] == target
    if "target" in wishes:
        assert system.residue_names[system.residue_indices[attack.target]] == wishes["target"]
    if wishes.get("site") == "7":
        assert attack.target == 7


@pytest.mark.parametrize(
    ("source", "kind", "wishes", "said"),
    [
        ("C", "abstract", {}, "CH4 has no free CN radical or other molecule to attack with"),
        ("C + OH", "abstract", {"site": "secondary"}, "no secondary hydrogen here, only methane"),
        ("C + OH", "abstract", {"attacker": "NO2"}, "'NO2' means no atom here"),
        ("C + OH", "abstract", {"site": "Br"}, "'Br' means no atom here"),
        ("C + OH", "abstract", {"target": "OH"}, "'OH' means no atom that can be the target"),
        ("C + OH", "add", {}, "no double or triple bond"),
        ("C + OH", "substitute", {}, "no carbon with a leaving group"),
        ("O=C=O + OH", "abstract", {}, "no hydrogen to take"),
        ("CC + OH", "abstract", {"site": "[CX3H1]"}, r"'\[CX3H1\]' is SMARTS that fits no atom here"),
        ("O=C=O + OH", "abstract", {"site": "C"}, "'C' means C, which can't be taken and has no hydrogen"),
    ],
)
def test_what_is_not_there_is_a_sentence(source, kind, wishes, said):
    with pytest.raises(InputError, match=said):
        attack_on(source, kind, **wishes)


def test_a_bond_to_break_is_single_and_between_heavy_atoms_unless_another_is_named():
    def bonds(source, site="any"):
        system = load_system(source)
        scene = Scene.of_system(system)
        drawn = {choose_bond(scene, Wishes(site=site), np.random.default_rng(seed)) for seed in range(9)}
        return {tuple(sorted(system.atom_labels[atom] for atom in bond)) for bond in drawn}

    assert bonds("CC") == {("C1", "C2")}
    assert bonds("C=CC") == {("C2", "C3")}
    assert bonds("C1CC1C") == {("C3", "C4")}
    assert bonds("CC", "C1,H1") == {("C1", "H1")}
    assert bonds("CCO", "O") == {("C2", "O"), ("H6", "O")}
    with pytest.raises(InputError, match="no such bond"):
        bonds("CC", "C1,H6")


@pytest.mark.parametrize(
    ("source", "kind", "angle"),
    [("CCl + F-", "substitute", 180), ("C=C + H", "add", 90), ("C + OH", "abstract", 180)],
)
def test_the_attacker_comes_from_where_it_can_react(source, kind, angle):
    """In line with the bond that breaks; at right angles to the plane of a double bond."""
    attack, _, system = attack_on(source, kind)
    scene = Scene.of_system(system)
    approach = approach_of(scene, attack, 0.0, np.random.default_rng(0))
    way = approach.direction(system.positions)
    if attack.partner is None:
        for atom in scene.neighbours[attack.target]:
            bond = system.positions[atom] - system.positions[attack.target]
            assert way @ bond / np.linalg.norm(bond) == pytest.approx(0.0, abs=0.05)
    else:
        bond = system.positions[attack.partner] - system.positions[attack.target]
        assert way @ bond / np.linalg.norm(bond) == pytest.approx(np.cos(np.radians(angle)), abs=0.01)


@pytest.mark.parametrize(
    ("source", "script"),
    [
        ("CC(C)C + OH", "abstract"),
        ("CCl + OH-", "substitute"),
        ("C=C + CH3", "add"),
        ("CC + N(=O)[O]", "graze"),
    ],
)
def test_a_trial_places_the_attacker_whole_before_its_target(source, script):
    system = load_system(source)
    for number in range(3):
        placed = draw_trial(system, number, SteeringSeries(script, seed=5)).system
        for part, again in zip(system.residues, placed.residues, strict=True):
            before, after = system.positions[part], placed.positions[again]
            gaps = [np.linalg.norm(each[:, None] - each[None], axis=-1) for each in (before, after)]
            np.testing.assert_allclose(*gaps, atol=1e-9)
        first, last = (placed.positions[part] for part in placed.residues)
        assert 2.99 < np.linalg.norm(first[:, None] - last[None], axis=-1).min() < 4.3
        np.testing.assert_array_equal(first, system.positions[system.residues[0]])
