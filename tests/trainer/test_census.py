"""A census tells environments apart by what is bonded, and counts geometries that hold them."""

import json

import numpy as np
import pytest
from ase import Atoms
from ase.io import write
from click.testing import CliRunner

from atomtug.cli.census import command
from atomtug.core.shipped import HELD_OUT_SET, shipped_data
from atomtug.core.systems import load_system
from atomtug.trainer.data.census import environments, take_census
from atomtug.workflows.census import census


def of(name, shells):
    system = load_system(name)
    return environments(system.numbers, system.positions, shells)


@pytest.mark.parametrize(
    ("shells", "expected"),
    [
        (0, {"CH3": 3, "CH2": 1, "CH": 1, "C": 1, "N": 1}),
        (1, {"CH3(CH)": 2, "CH3(CH2)": 1, "CH2(CH, CH3)": 1, "CH(CH2, CH3, CH3)": 1, "C(N)": 1, "N(C)": 1}),
        (
            2,
            {
                "CH3(CH(CH2, CH3))": 2,
                "CH3(CH2(CH))": 1,
                "CH2(CH(CH3, CH3), CH3)": 1,
                "CH(CH2(CH3), CH3, CH3)": 1,
                "C(N)": 1,
                "N(C)": 1,
            },
        ),
    ],
)
def test_isopentane_and_cn_have_these_environments(shells, expected):
    found = of("isopentane", shells)
    assert {name: found.count(name) for name in found} == expected


def test_a_hydrogen_bonded_to_nothing_is_an_environment_and_rings_end():
    assert environments(np.array([1]), np.zeros((1, 3))) == ["H"]
    corners = np.array([[0.0, 0.0, 0.0], [1.5, 0.0, 0.0], [0.75, 1.3, 0.0]])
    assert environments(np.array([6, 6, 6]), corners, 3) == ["C(C(C(C)), C(C(C)))"] * 3


def test_what_no_data_set_holds_is_missing():
    ethane = load_system("ethane")
    held = take_census([(ethane.numbers, ethane.positions)], {})
    assert set(held.missing()) == {"CH3(CH3)", "C(N)", "N(C)"}


def test_squalane_has_environments_that_small_alkanes_lack():
    outcome = CliRunner().invoke(command, ["squalane", "--data", str(shipped_data(HELD_OUT_SET)), "--json"])
    result = json.loads(outcome.stdout)
    assert sum(result["wanted"].values()) == 32  # 30 carbons and CN
    held = result["held"][str(shipped_data(HELD_OUT_SET))]
    assert result["missing"] == [name for name in result["wanted"] if name not in held]
    assert held["C(N)"] > 0


def test_geometries_without_energies_are_looked_in_too(tmp_path):
    system = load_system("methane")
    write(tmp_path / "bare.xyz", Atoms(system.numbers, system.positions))
    found = census(["methane"], [tmp_path / "bare.xyz"])
    assert found.missing() == []
