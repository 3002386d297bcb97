"""Do the built-in hands bring about what they are asked for, reaction by reaction?

python benchmarks/reactions.py [--json] [--quick] [--engine NAME] [--only NAME] [--learn N [--folder DIR]]

Six reactions, ten seeds each, drawn as `atomtug steer` draws them and run in lockstep on the server's own dynamics
(300 K; see benchmarks/hands.py), so the figures depend on seeds and engine and not on how busy the machine is.
Each is started from SMILES or the names of partners, its molecules relaxed on the engine. A trial counts as done
where what was asked for has happened: the attacker has taken a hydrogen of the kind (whichever of them), added to
either atom of the double bond, or taken the place of the leaving group. At least 8 of 10 have to.

`--quick` runs two seeds each and holds them to nothing.

`--learn N` has each learned besides, as `atomtug learn --labels N` does: "mae" (kcal/mol) and "force_mae"
(kcal/mol/Å) on the hands that are held out, "labels", and its minutes added to the trials. It goes on where it was
stopped; nothing is held to a bar.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from report import print_json, print_table

from atomtug.core.systems import load_system
from atomtug.server.dynamics.relaxation import relaxed
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.engines import create_engine
from atomtug.vr_client.scripted.outcome import Outcome
from atomtug.vr_client.scripted.series import SteeringSeries
from atomtug.vr_client.scripted.trials import draw_trial
from atomtug.workflows.learning import learn
from atomtug.workflows.learning_options import LearningBudget, LearningOptions, theory_for
from atomtug.workflows.lockstep import run_in_lockstep

BAR = 8
SEEDS = 10
LEARNED = ("mae", "force_mae")


@dataclass(frozen=True)
class Asked:
    """A reaction: what is simulated, the script, and which atom."""

    name: str
    system: str
    script: str = "abstract"
    site: str = "any"


REACTIONS = (
    Asked("OH + CH4", "C + OH"),
    Asked("Cl + C2H6", "CC + Cl"),
    Asked("CH3 + C3H8", "CCC + CH3", site="secondary"),
    Asked("H + C2H4", "C=C + H", "add"),
    Asked("F- + CH3Cl", "CCl + F-", "substitute"),
    Asked("H3O+ + NH3", "H3O+ + N"),
)


def run_trial(engine: str, asked: Asked, seed: int) -> tuple[Outcome, float]:
    """One trial from its first frame to what came of it, and the seconds it took."""
    began = time.monotonic()
    trial = draw_trial(load_system(asked.system), 0, SteeringSeries(asked.script, asked.site, seed))
    system = relaxed(trial.system, create_engine(engine, trial.system))
    settings = DynamicsSettings(temperature=trial.temperature, seed=trial.seed)
    run = run_in_lockstep(system, create_engine(engine, system), settings, trial.make_plan)
    if run.result is None and not run.stopped:
        raise RuntimeError(f"{asked.name}, seed {seed}: the plan does not end.")
    outcome: Outcome = run.result or Outcome(run.stopped)
    return outcome, time.monotonic() - began


def is_done(outcome: Outcome, asked: Asked) -> bool:
    """Whether what was asked for has happened."""
    if asked.script == "abstract":
        return outcome.abstracted and asked.site in ("any", outcome.site)
    if asked.script == "add" and asked.site == "any":
        return outcome.happened and "+" not in outcome.reaction.split("->")[1]
    return outcome.as_intended


def errors_of_learned(asked: Asked, labels: int, folder: Path) -> dict[str, float]:
    """A network of the reaction's own, and its errors on held-out hands."""
    system = load_system(asked.system)
    options = LearningOptions(script=asked.script, site=asked.site, theory=theory_for(system))
    out = folder / f"{system.name}-{labels}"
    done = learn(
        system, out, LearningBudget(labels, hours=24.0), options,
        on_step=lambda kind, text: print(f"{asked.name}: {kind}: {text}", file=sys.stderr),
    )  # fmt: skip
    last = done.rounds[-1]
    return {
        "mae": last.network.mae_kcal,
        "force_mae": last.network.force_mae_kcal_A or float("nan"),
        "labels": labels,
        "holes": last.holes,
        "tries": last.tries,
        "holes_labelled": last.checked,
        "holes_confirmed": last.confirmed,
        "minutes": sum(done.seconds.values()) / 60.0,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--quick", action="store_true", help="two seeds each, held to nothing")
    parser.add_argument("--engine", default="pm6", help="as for `atomtug serve`")
    parser.add_argument("--only", help="the reaction of this name")
    parser.add_argument("--learn", type=int, metavar="N", help="learn each with so many labels, too")
    parser.add_argument("--folder", type=Path, default=Path("runs/reactions"), help="of what is learned")
    options = parser.parse_args()
    wanted = [asked for asked in REACTIONS if options.only in (None, asked.name)]
    seeds = 2 if options.quick else SEEDS
    results, rows = {}, []
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as pool:
        for asked in wanted:
            runs = pool.map(partial(run_trial, options.engine, asked), range(seeds), chunksize=1)
            outcomes = [outcome for outcome, _ in runs]
            done = [outcome for outcome in outcomes if is_done(outcome, asked)]
            reactions = Counter(outcome.reaction for outcome in outcomes)
            results[asked.name] = {
                "done": len(done),
                "seeds": seeds,
                "minutes": sum(seconds for _, seconds in runs) / 60.0,
                "mean_ps": sum(outcome.duration for outcome in outcomes) / seeds,
                "reactions": dict(reactions),
                "smiles": dict(Counter(outcome.smiles for outcome in outcomes)),
                "reasons": dict(Counter(outcome.reason for outcome in outcomes if outcome.reason)),
            }
            if options.learn:
                learned = errors_of_learned(asked, options.learn, options.folder)
                learned["minutes"] += sum(seconds for _, seconds in runs) / 60.0
                results[asked.name] |= learned
            rows.append(
                (
                    asked.name,
                    f"{len(done)} of {seeds}",
                    "; ".join(f"{count} {name}" for name, count in reactions.most_common()),
                    results[asked.name]["mean_ps"],
                    *(results[asked.name].get(key, "") for key in LEARNED),
                )
            )
            print(f"{asked.name}: {len(done)} of {seeds}", file=sys.stderr)
            for reason, count in Counter(outcome.reason for outcome in outcomes if outcome.reason).items():
                print(f"  {count} not: {reason}", file=sys.stderr)
    header = ("reaction", "done", "what happened", "mean length, ps", *LEARNED)
    print_table(f"Built-in hands on {options.engine}", header, rows)
    if options.json:
        print_json(results)
    sys.exit(not options.quick and any(result["done"] < BAR for result in results.values()))


if __name__ == "__main__":
    main()
