"""How far the live energy is from the best state known while a bond is pulled apart, before and after following.

python benchmarks/state.py [--json] [--pace ANGSTROM] [--no-labels] [--quick]

Five rigid pulls with PM6, step by step: H off isobutane, methane and ethane (each with CN), C-C apart in ethane,
and H2 apart.
Best reference at a geometry: the lowest of fresh guesses, high-spin densities, ten random steerings and the
states of its neighbours, from either side. Labels: H2, ethane's C-C and methane's C-H with PBE.
"""

import argparse
import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import time  # noqa: E402

import numpy as np  # noqa: E402
from report import print_json, print_table  # noqa: E402

from atomtug.core.errors import EngineError  # noqa: E402
from atomtug.core.systems import System, load_system  # noqa: E402
from atomtug.core.units import BOHR, HARTREE, KCALMOL_PER_EV  # noqa: E402
from atomtug.server.engines.sparrow import SparrowEngine  # noqa: E402
from atomtug.server.engines.state_following import StateFollowingEngine  # noqa: E402
from atomtug.server.engines.state_search import search  # noqa: E402

SPACING = 0.05
"""Angstrom between two geometries at which the energy is compared."""
FARTHEST = 6.0
WITHIN = 2.0
"""kcal/mol above the best reference that count as right."""
TIMESTEP = 0.5
"""fs a step, for how long a pull was outside."""


class Pull(NamedTuple):
    """``atoms`` carried away from ``fixed``, from ``start`` to ``FARTHEST`` angstrom."""

    system: System
    fixed: int
    atoms: Sequence[int]
    start: float

    def at(self, distance: float) -> np.ndarray:
        bond = self.system.positions[self.atoms[0]] - self.system.positions[self.fixed]
        length = np.linalg.norm(bond)
        positions = self.system.positions.copy()
        positions[list(self.atoms)] += bond / length * (distance - length)
        return positions


def pulls() -> list[Pull]:
    hydrogen = System("H2", np.array([1, 1]), np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.74]]))
    whole = load_system("ethane")
    ethane = System("ethane", whole.numbers[:8], whole.positions[:8])
    first, second = (int(carbon) for carbon in np.flatnonzero(ethane.numbers == 6))
    methyl = [second, *bonded_hydrogens(ethane, second)]
    found = [hydrogen_off(load_system(name)) for name in ("isobutane", "methane", "ethane")]
    return [*found, Pull(ethane, first, methyl, 1.5), Pull(hydrogen, 0, [1], 0.7)]


def bonded_hydrogens(system: System, carbon: int) -> list[int]:
    near = np.linalg.norm(system.positions - system.positions[carbon], axis=1) < 1.3
    return [int(atom) for atom in np.flatnonzero(near & (system.numbers == 1))]


def hydrogen_off(system: System) -> Pull:
    """The hydrogen of a carbon that has fewest, and of those the one whose way out is clearest."""
    choices = []
    for carbon in np.flatnonzero(system.numbers == 6):
        hydrogens = bonded_hydrogens(system, int(carbon))
        for hydrogen in hydrogens:
            pull = Pull(system, int(carbon), [hydrogen], 1.1)
            others = np.delete(np.arange(len(system.numbers)), [carbon, hydrogen])
            ways = [pull.at(distance) for distance in np.arange(1.1, FARTHEST, 0.2)]
            clear = min(np.linalg.norm(way[others] - way[hydrogen], axis=1).min() for way in ways)
            choices.append((len(hydrogens), -clear, pull))
    return min(choices, key=lambda choice: choice[:2])[2]


def references(pull: Pull, distances: np.ndarray) -> np.ndarray:
    """(D,) the lowest energy known at each distance, kcal/mol."""
    calculators: list[Any] = [None] * len(distances)
    energies = np.full(len(distances), np.inf)

    def offer(index: int, calculator: Any, energy: float) -> None:
        if energy < energies[index]:
            energies[index], calculators[index] = energy, calculator

    def sweep() -> None:
        for indices, toward in ((range(len(distances) - 2, -1, -1), 1), (range(1, len(distances)), -1)):
            for index in indices:
                calculator = calculators[index + toward].clone()
                calculator.positions = pull.at(distances[index]) / BOHR
                result = calculator.calculate()
                if result.successful_calculation:
                    offer(index, calculator, result.energy)

    for index, distance in enumerate(distances):
        engine = SparrowEngine("pm6", pull.system)
        energy = engine.evaluate(pull.at(distance)).energy / HARTREE
        offer(index, engine._calculator, energy)
    for attempts in (4, 6):
        for index in range(len(distances)):
            found = search(calculators[index], pull.system.numbers, attempts)
            if found is not None:
                offer(index, found.calculator, found.energy)
        sweep()
    return energies * HARTREE * KCALMOL_PER_EV


def pulled(engine: SparrowEngine, pull: Pull, distances: np.ndarray, pace: float) -> np.ndarray:
    """(D,) energies met on the way, kcal/mol."""
    each = round(SPACING / pace)
    energies = []
    for step in range((len(distances) - 1) * each + 1):
        try:
            energy = engine.evaluate(pull.at(distances[0] + step * SPACING / each)).energy
        except EngineError:
            energy = np.inf
        if step % each == 0:
            energies.append(energy * KCALMOL_PER_EV)
    return np.array(energies)


def longest(outside: np.ndarray) -> int:
    best = current = 0
    for one in outside:
        current = current + 1 if one else 0
        best = max(best, current)
    return best


def cost_at_rest() -> float:
    """Fraction of the steps a second of methane + CN, from many short turns that take each other's place."""
    system = load_system("methane")
    kick = np.random.default_rng(0).normal(scale=0.03, size=system.positions.shape)
    path = [system.positions + kick * np.sin(0.16 * step) for step in range(320)]
    engines: list[SparrowEngine] = [SparrowEngine("pm6", system), StateFollowingEngine("pm6", system)]
    seconds = np.zeros((30, 2))
    for turn in range(len(seconds)):
        for which in (0, 1) if turn % 2 else (1, 0):
            began = time.process_time()  # of this process alone: the machine may be busy
            for positions in path:
                engines[which].evaluate(positions)
            seconds[turn, which] = time.process_time() - began
    return 1.0 - float(np.median(seconds[1:, 0] / seconds[1:, 1]))


def labels(all_pulls: list[Pull]) -> tuple[list[list[Any]], float]:
    """Labels at 2, 3 and 4 angstrom above the best of the default guess and those from fragments."""
    from pyscf import gto

    from atomtug.trainer.dft import stock
    from atomtug.trainer.dft.labeller import Labeller
    from atomtug.trainer.dft.state_guess import fragment_guesses
    from atomtug.trainer.dft.theory import Theory

    theory = Theory()
    whole = load_system("methane")
    methane = System("methane", whole.numbers[:5], whole.positions[:5])
    rows = []
    for pull in [*all_pulls[3:], hydrogen_off(methane)]:
        labeller = Labeller(pull.system.numbers, 0, 1, theory)
        for distance in (2.0, 3.0, 4.0):
            positions = pull.at(distance)
            label = labeller.label(positions)
            atoms = list(zip(pull.system.symbols, positions, strict=True))
            mol = gto.M(atom=atoms, basis=theory.basis, verbose=0)
            ours = label.energy / HARTREE if label.converged else np.inf
            best = ours
            starts = [
                None,
                *([spin @ spin.T for spin in guess.orbitals] for guess in fragment_guesses(mol, theory)),
            ]
            for start in starts:
                field = stock.mean_field(mol, theory)
                energy = field.kernel(dm0=None if start is None else np.array(start))
                best = min(best, energy if field.converged else np.inf)
            above = (ours - best) * HARTREE * KCALMOL_PER_EV if label.converged else np.inf
            rows.append([pull.system.name, distance, above])
    return rows, max(row[2] for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    parser.add_argument("--pace", type=float, default=0.005, help="angstrom a step")
    parser.add_argument("--no-labels", action="store_true", help="leave the labels out: they take minutes")
    parser.add_argument("--quick", action="store_true", help="methane's C-H and H2 alone, without labels")
    arguments = parser.parse_args()
    makers: dict[str, Callable[[str, System], SparrowEngine]] = {
        "before": SparrowEngine,
        "after": StateFollowingEngine,
    }
    rows, worst = [], {"before": 0.0, "after": 0.0}
    all_pulls = pulls()
    for pull in (all_pulls[1], all_pulls[4]) if arguments.quick else all_pulls:
        distances = np.arange(pull.start, FARTHEST + 1e-9, SPACING)
        best = references(pull, distances)
        for name, make in makers.items():
            above = pulled(make("pm6", pull.system), pull, distances, arguments.pace) - best
            outside = above > WITHIN
            worst[name] = max(worst[name], float(np.sort(above)[: int(np.ceil(0.95 * len(above)))][-1]))
            femtoseconds = longest(outside) * SPACING / arguments.pace * TIMESTEP
            rows.append(
                [pull.system.name, name, 100.0 * float(1 - outside.mean()), float(above.max()), femtoseconds]
            )
    header = ["pull", "following", "% within 2 kcal/mol", "worst, kcal/mol", "longest outside, fs"]
    print_table(f"PM6 above the best state known, {arguments.pace} angstrom a step", header, rows)
    cost = cost_at_rest()
    print(f"\nFollowing costs {100 * cost:.1f} % of the steps of methane + CN at rest.")
    result = {"worst_kcal": worst["after"], "before_kcal": worst["before"], "cost_at_rest": cost}
    if not (arguments.no_labels or arguments.quick):
        label_rows, label_worst = labels(all_pulls)
        print_table("Labels above the best of all guesses", ["pull", "angstrom", "kcal/mol"], label_rows)
        result["label_worst_kcal"] = label_worst
    if arguments.json:
        print_json(result)


if __name__ == "__main__":
    main()
