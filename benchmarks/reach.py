"""How well does a network hold where hands can go, and does it know where it does not?

python benchmarks/reach.py [--json] [--quick] [--model NAME ...]

Sets of other origins than the training's, PBE/def2-TZVP (data/README.md); kcal/mol and angstrom:

- surface: constrained and relaxed; up to 60 kcal/mol above the lowest point, and from there to 120
- approaches: CN and HCN brought to alkanes and radicals, energies from 3.5 angstrom on; a hole is a point that the
  network has more than 15 kcal/mol too low, up to 150
- rough, hot: frames of rough hands and of hot runs; hands: held-out ordinary hands; larger: squalane
- collapsed: of 50 rough hands on three systems, steered live on the network with the server's default settings, those
  in which the simulation stops, two nuclei come nearer than 0.5 angstrom or the energy falls by 150 kcal/mol
- uncertainty: of errors over 2 kcal/mol on the first four sets, the share flagged at the default limit (caught), and
  of the hands' frames (flagged); root mean square error over spread and rank correlation, over the frames of all sets
  but the larger, and of forces atom by atom
- squalane_ms: energy and forces of squalane + CN

Several models are compared in the same run; the bars are those of the first. A figure without labels is null.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from reach_scores import (
    BANDS,
    CEILING,
    HOLE,
    Judged,
    approach_errors,
    judge,
    mean_size,
    reliability,
    run_errors,
    surface_errors,
)
from report import print_json, print_table

from atomtug.core.arrays import Floats
from atomtug.core.systems import load_system
from atomtug.core.units import KCALMOL_PER_EV, KJMOL_PER_EV
from atomtug.recordings import Recording
from atomtug.server.dynamics.uncertainty import DEFAULT_LIMIT
from atomtug.server.engines import create_engine
from atomtug.trainer.search.proposals import nearest
from atomtug.workflows import SteeringSeries, steer

DATA = Path(__file__).parents[1] / "data"
SETS = {
    "surface": "reach/surfaces.h5",
    "approaches": "reach/approaches.h5",
    "rough": "reach/rough.h5",
    "hot": "reach/hot.h5",
    "hands": "heldout.h5",
    "larger": "squalane.h5",
}
FAR_OFF = 2.0
"""kcal/mol, an error that should be flagged."""
HANDS = {"methane": 17, "isobutane": 17, "isopentane": 16}
HANDS_SEED = 880001
CRUMPLED, FALLEN = 0.5, 150.0
"""angstrom between two nuclei; kcal/mol below the start."""
BARS: dict[tuple[str, str], float] = {
    ("surface", "mae_0_60"): 1.0, ("surface", "mae_60_120"): 2.5,
    ("approaches", "mae_0_60"): 1.5, ("approaches", "holes"): 0,
    ("rough", "mae"): 1.5, ("rough", "force_mae"): 2.5,
    ("hot", "mae"): 1.0,
    ("hands", "mae"): 0.45, ("hands", "force_mae"): 0.9,
    ("collapsed", ""): 0,
    ("larger", "mae"): 0.8, ("larger", "force_mae"): 1.5,
}  # fmt: skip
"""At most."""


def scores(engine: str, sets: dict[str, list[Judged]]) -> tuple[dict[str, Any], dict[str, list[Floats]]]:
    """The figures of all sets, and the errors of each series' frames."""
    surfaces = [surface_errors(each) for each in sets["surface"]]
    low = [errors[heights <= BANDS[0]] for errors, heights in surfaces]
    high = [errors[(heights > BANDS[0]) & (heights <= BANDS[1])] for errors, heights in surfaces]
    ways = [approach_errors(each) for each in sets["approaches"]]
    near = [errors[heights <= BANDS[0]] for errors, heights in ways]
    deep = [errors[heights <= CEILING] < -HOLE for errors, heights in ways]
    result: dict[str, Any] = {
        "surface": {"mae_0_60": mean_size(low), "mae_60_120": mean_size(high)},
        "approaches": {
            "mae_0_60": mean_size(near),
            "holes": int(sum(each.sum() for each in deep)) if ways else None,
            "points": sum(len(each) for each in deep) if ways else None,
        },
    }
    errors = {
        "surface": [each[0] for each in surfaces],
        "approaches": [np.append(0.0, each[0]) for each in ways],
    }
    for name in ("rough", "hot", "hands", "larger"):
        errors[name] = run_errors(sets[name], by_molecule=name in ("rough", "hot"))
        forces = [each.force_errors for each in sets[name]]
        result[name] = {"mae": mean_size(errors[name]), "force_mae": mean_size(forces)}
    return result, errors


def trust(sets: dict[str, list[Judged]], errors: dict[str, list[Floats]]) -> dict[str, Any]:
    """What the uncertainty is worth."""

    def pooled(names: tuple[str, ...], what: str) -> Floats:
        parts = [np.ravel(getattr(each, what)) for name in names for each in sets[name]]
        return np.concatenate(parts) if parts else np.empty(0)

    def all_errors(names: tuple[str, ...]) -> Floats:
        parts = [each for name in names for each in errors[name]]
        return np.concatenate(parts) if parts else np.empty(0)

    limit = DEFAULT_LIMIT / KJMOL_PER_EV * KCALMOL_PER_EV
    others, every = (
        ("surface", "approaches", "rough", "hot"),
        ("surface", "approaches", "rough", "hot", "hands"),
    )
    spread, wrong = pooled(others, "uncertainty"), np.abs(all_errors(others)) > FAR_OFF
    # An engine that refuses a geometry has said enough.
    flags = ~(spread <= limit)
    hands = pooled(("hands",), "uncertainty")
    energy = reliability(pooled(every, "uncertainty"), all_errors(every))
    force_errors = np.concatenate(
        [np.linalg.norm(each.force_errors, axis=2).ravel() for name in every for each in sets[name]]
        or [np.empty(0)]
    )
    force = reliability(pooled(every, "force_uncertainty"), force_errors)
    return {
        "caught": float(np.mean(flags[wrong])) if wrong.any() else None,
        "flagged": float(np.mean(hands > limit)) if hands.size else None,
        **energy,
        **{f"force_{key}": value for key, value in force.items()},
    }


def collapsed(engine: str, quick: bool) -> tuple[int, int]:
    """How many rough hands end in a collapse, and how many there are."""
    hands = bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, count in HANDS.items():
            series = SteeringSeries("rough", seed=HANDS_SEED)
            for run in steer(load_system(name), Path(folder), 2 if quick else count, series, engine=engine):
                hands += 1
                bad += run.stopped or _crumpled(Path(run.path))
                print(f"{engine} {run.name}: {'stopped' if run.stopped else 'ended'}", file=sys.stderr)
    return bad, hands


def _crumpled(path: Path) -> bool:
    with Recording(path) as recording:
        energies = np.asarray(recording.energies) * KCALMOL_PER_EV
        closest = min(nearest(positions) for positions in np.asarray(recording.positions))
    return bool(closest < CRUMPLED or energies.min() < energies[0] - FALLEN)


def squalane_ms(engine: str, times: int) -> float:
    """The median time of energy and forces, each at a slightly different geometry, ms."""
    system = load_system("squalane")
    made, random = create_engine(engine, system), np.random.default_rng(0)
    seconds = []
    for number in range(times + 2):
        positions = system.positions + 0.001 * random.standard_normal(system.positions.shape)
        began = time.perf_counter()
        made.evaluate(positions)
        if number >= 2:  # what is compiled the first time is over
            seconds.append(time.perf_counter() - began)
    return 1000 * median(seconds)


def measure(model: str, quick: bool, hands: bool) -> dict[str, Any]:
    engine = f"ann:{model}"
    sets = {name: judge(model, DATA / file) for name, file in SETS.items()}
    result, errors = scores(engine, sets)
    result["collapsed"], result["collapsed_of"] = collapsed(engine, quick) if hands else (None, None)
    result["uncertainty"] = trust(sets, errors)
    result["squalane_ms"] = squalane_ms(engine, 5 if quick else 30)
    return result


def rows(results: dict[str, dict[str, Any]]) -> list[list[Any]]:
    """A line a figure: its bar, and each model's value."""
    first = next(iter(results.values()))
    lines = []
    for name, group in first.items():
        for key in group if isinstance(group, dict) else [""]:
            values = [
                (result[name] or {}).get(key) if isinstance(group, dict) else result[name]
                for result in results.values()
            ]
            shown = [_shown(value) for value in values]
            lines.append([f"{name} {key}".strip(), *shown, BARS.get((name, key), "")])
    return lines


def _shown(value: Any) -> Any:
    if isinstance(value, list):
        return " ".join(f"{each:.2g}" for each in value)
    return "no labels" if value is None else value


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--quick", action="store_true", help="two rough hands a system, fewer timings")
    parser.add_argument("--no-hands", action="store_true", help="no rough hands on the network")
    parser.add_argument("--model", action="append", help="a name or a file; may be given several times")
    options = parser.parse_args()
    models = options.model or ["alkanes"]
    for name, file in SETS.items():
        if not (DATA / file).exists():
            print(f"{name}: data/{file} is not there, so its figures are null", file=sys.stderr)
    results = {model: measure(model, options.quick, not options.no_hands) for model in models}
    print_table("Where hands can go", ("", *results, "bar"), rows(results))
    if options.json:
        first = results[models[0]]
        print_json(
            {**first, "others": {model: results[model] for model in models[1:]}} if models[1:] else first
        )


if __name__ == "__main__":
    main()
