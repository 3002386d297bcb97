"""Reactions of other kinds than CN's, by hand on PM6, in lockstep with the dynamics of a server."""

import pytest

from atomtug.core.systems import load_system
from atomtug.server.dynamics.relaxation import relaxed
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.engines import create_engine
from atomtug.vr_client.scripted.series import SteeringSeries
from atomtug.vr_client.scripted.trials import draw_trial
from atomtug.workflows.lockstep import run_in_lockstep

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("source", "script", "seed", "reaction", "smiles"),
    [
        ("H3O+ + N", "abstract", 1, "H3O+ + NH3 -> H2O + NH4+", "N.[OH3+]>>O.[NH4+]"),
        ("C=C + H", "add", 0, "C2H4 + H -> C2H5", "C=C.[H]>>[CH2]C"),
        ("[CH3] + [CH3]", "associate", 0, "CH3 + CH3 -> C2H6", "[CH3].[CH3]>>CC"),
    ],
)
def test_hands_bring_about_what_they_are_asked_for(source, script, seed, reaction, smiles):
    trial = draw_trial(load_system(source), 0, SteeringSeries(script, seed=seed))
    system = relaxed(trial.system, create_engine("pm6", trial.system))
    settings = DynamicsSettings(temperature=trial.temperature, seed=trial.seed)
    outcome = run_in_lockstep(system, create_engine("pm6", system), settings, trial.make_plan).result
    assert outcome.reaction == reaction
    assert outcome.smiles == smiles
    assert 0.0 < outcome.time < outcome.duration
