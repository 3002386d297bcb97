"""How often do the built-in hands take the hydrogen that they chose?

python benchmarks/hands.py [--json] [--quick] [--engine NAME]

Each trial is drawn as `atomtug steer` draws it, from a fixed seed, and runs on the server's own dynamics (300 K,
Langevin, wall, the hand gliding to where its client says it is), one plan step a frame. There is no server in
between, so the figures depend on the seeds and the engine and not on how busy the machine is.

- ten trials a molecule, any hydrogen, seed 1: at least 8 take their hydrogen
- five trials on isopentane's secondary and five on its tertiary hydrogens, seed 2: at least 4 take theirs

`--quick` runs two trials a row, on methane, ethane and isobutane, and holds them to nothing.
"""

import argparse
import multiprocessing
import os
import sys
from collections import Counter
from dataclasses import dataclass
from functools import partial

from report import print_json, print_table

from atomtug.core.systems import load_system
from atomtug.core.systems.bonds import BondPerception
from atomtug.server.dynamics.simulation import DynamicsSettings, Simulation
from atomtug.server.engines import create_engine
from atomtug.server.session.interactions import parse_interaction
from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.client.interaction import Interaction
from atomtug.vr_client.scripted.outcome import Outcome
from atomtug.vr_client.scripted.trials import Trial, draw_trial
from atomtug.wire.frames import bond_values, frame_values, topology_values

LONGEST = 20.0
"""Simulated time after which a plan counts as endless, ps."""


@dataclass(frozen=True)
class Series:
    """Trials that are counted together.

    Args:
        system: name of a built-in system
        site: which hydrogens
        seed: of the series
        trials: how many
        bar: how many of them have to take their hydrogen
    """

    system: str
    site: str
    seed: int
    trials: int
    bar: int

    @property
    def name(self) -> str:
        return self.system if self.site == "any" else f"{self.system}, {self.site}"


SERIES = (
    *(
        Series(name, "any", 1, 10, 8)
        for name in ("methane", "ethane", "isobutane", "isopentane", "2-isohexane", "3-isohexane")
    ),
    Series("isopentane", "secondary", 2, 5, 4),
    Series("isopentane", "tertiary", 2, 5, 4),
)
QUICK = tuple(Series(name, "any", 1, 2, 0) for name in ("methane", "ethane", "isobutane"))


class LockstepClient:
    """Drives a simulation frame by frame: what the hands ask for holds in the very next MD step."""

    def __init__(self, trial: Trial, engine: str) -> None:
        system = trial.system
        settings = DynamicsSettings(temperature=trial.temperature, seed=trial.seed)
        self._simulation = Simulation(system, create_engine(engine, system), settings)
        self._steps = settings.steps_per_frame
        self._topology = topology_values(system)
        self._perceive = BondPerception(system.numbers)
        self._bonds = self._perceive(system.positions)
        self._count = len(system.numbers)
        self._number = 0

    def frame(self) -> ClientFrame:
        """The present instant as a client sees it."""
        frame = self._simulation.frame()
        self._number += 1
        self._bonds = self._perceive(frame.positions, self._bonds)
        return ClientFrame(
            self._number, {**self._topology, **bond_values(self._bonds), **frame_values(frame)}
        )

    def advance(self, interactions: dict[str, Interaction]) -> ClientFrame:
        """Hold what is held, and make the MD steps of one frame."""
        self._simulation.set_interactions(
            {
                name: parse_interaction(name, each.to_state("benchmark"), self._count)
                for name, each in interactions.items()
            }
        )
        done = 0
        while done < self._steps:
            done += self._simulation.advance(self._steps - done)
        return self.frame()


def run_trial(engine: str, series: Series, number: int) -> Outcome:
    """One trial from its first frame to what came of it."""
    trial = draw_trial(load_system(series.system), number, series.seed, site=series.site)
    client = LockstepClient(trial, engine)
    plan = trial.make_plan(client.frame())
    try:
        action = next(plan)
        while True:
            frame = client.advance(dict(action.interactions))
            if frame.time > LONGEST:
                raise RuntimeError(f"{series.name}, trial {number}: the plan does not end.")
            action = plan.send(frame)
    except StopIteration as done:
        outcome: Outcome = done.value
    return outcome


def taken(outcome: Outcome, series: Series) -> bool:
    """Whether the chosen hydrogen, of the kind that was asked for, is the radical's."""
    return outcome.as_intended and series.site in ("any", outcome.site)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--quick", action="store_true", help="two trials on each of three molecules")
    parser.add_argument("--engine", default="pm6", help="as for `atomtug serve`")
    options = parser.parse_args()
    results, rows = [], []
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
        for series in QUICK if options.quick else SERIES:
            outcomes = pool.map(partial(run_trial, options.engine, series), range(series.trials), chunksize=1)
            good = [outcome for outcome in outcomes if taken(outcome, series)]
            reasons = Counter(outcome.reason for outcome in outcomes if outcome not in good)
            products = Counter(outcome.product for outcome in good)
            duration = sum(outcome.duration for outcome in outcomes) / len(outcomes)
            results.append(
                {
                    "system": series.system,
                    "site": series.site,
                    "seed": series.seed,
                    "trials": series.trials,
                    "taken": len(good),
                    "bar": series.bar,
                    "products": dict(products),
                    "mean_ps": duration,
                    "reasons": dict(reasons),
                }
            )
            rows.append(
                (
                    series.name,
                    f"{len(good)} of {series.trials}",
                    f">= {series.bar}" if series.bar else "",
                    ", ".join(f"{count} {name}" for name, count in products.most_common()),
                    duration,
                )
            )
            print(f"{series.name}: {len(good)} of {series.trials} took their hydrogen", file=sys.stderr)
            for reason, count in reasons.items():
                print(f"  {count} not: {reason}", file=sys.stderr)
    header = ("hands on", "took their hydrogen", "bar", "products", "mean length, ps")
    print_table(f"Built-in hands on {options.engine}", header, rows)
    if options.json:
        print_json({"engine": options.engine, "quick": options.quick, "series": results})
    sys.exit(any(result["taken"] < result["bar"] for result in results))


if __name__ == "__main__":
    main()
