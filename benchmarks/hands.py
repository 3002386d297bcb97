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
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.engines import create_engine
from atomtug.vr_client.scripted.outcome import Outcome
from atomtug.vr_client.scripted.series import SteeringSeries
from atomtug.vr_client.scripted.trials import draw_trial
from atomtug.workflows.lockstep import run_in_lockstep

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


def run_trial(engine: str, series: Series, number: int) -> Outcome:
    """One trial from its first frame to what came of it."""
    trial = draw_trial(load_system(series.system), number, SteeringSeries(site=series.site, seed=series.seed))
    settings = DynamicsSettings(temperature=trial.temperature, seed=trial.seed)
    run = run_in_lockstep(
        trial.system, create_engine(engine, trial.system), settings, trial.make_plan, longest=LONGEST
    )
    if run.result is None:
        raise RuntimeError(f"{series.name}, trial {number}: {run.stopped or 'the plan does not end'}.")
    outcome: Outcome = run.result
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
