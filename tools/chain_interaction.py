"""How far fragments can teach: CN's charge and the interaction energy of CN and n-alkanes of growing length.

    python tools/chain_interaction.py compute docs/chain-interaction.jsonl
    python tools/chain_interaction.py draw docs/chain-interaction.jsonl docs/chain-interaction.png --model alkanes

All chains are straight and have the same bonds and angles, and CN's carbon is before a hydrogen of the middle carbon,
in line with C-H. What changes with n is only what lies further away. PBE is by our labeller, in the state whose
fragments are neutral, held where it has to be; wB97X by PySCF's own way, in the state that its usual guess leads to.
Each energy is added to the file as soon as it is there, and those in it are not computed again.
"""

import argparse
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from atomtug.core.arrays import Floats, Ints
from atomtug.core.units import HARTREE, KCALMOL_PER_EV

CC, CH, CN = 1.53, 1.095, 1.17
"""Bond lengths, angstrom."""
CCC, HCH = np.radians(112.6), np.radians(106.5)
DISTANCE = 2.5
"""Angstrom from CN's carbon to the hydrogen."""
FAR = 15.0
"""Angstrom, beyond every cutoff of a network."""
PBE = "pbe/def2-tzvp"
LEVELS = {PBE: range(1, 13), "wb97x/def2-svp": range(1, 13), "wb97x/def2-tzvp": range(1, 7)}
"""Level of theory -> numbers of carbons."""


@dataclass(frozen=True)
class Energy:
    """One calculation.

    Args:
        level: functional/basis
        carbons: of the alkane; 0 for none
        with_cn: whether CN is there
        energy: hartree
        charge: of CN by Löwdin's analysis, e
        spin: of CN likewise, alpha minus beta electrons
        gap: frontier gap, eV, negative where orbitals are left empty below occupied ones
        method: which way led to it
        seconds: it took
    """

    level: str
    carbons: int
    with_cn: bool
    energy: float
    charge: float
    spin: float
    gap: float
    method: str
    seconds: float


def alkane(carbons: int) -> tuple[Ints, Floats]:
    """Atomic numbers and positions (N, 3) in angstrom of a straight chain, carbons first."""
    step = CC * np.array([np.sin(CCC / 2), 0.0, np.cos(CCC / 2)])
    chain = np.array([[i * step[0], 0.0, step[2] / 2 * (-1) ** i] for i in range(-1, carbons + 1)])
    inner, hydrogens = chain[1:-1], []
    for end, inside in ((0, 1), (-1, -2)):
        outward = chain[end] - chain[inside]
        hydrogens.append(chain[inside] + CH * outward / np.linalg.norm(outward))
    for atom in inner:
        for side in (1.0, -1.0):
            across = [0.0, side * np.sin(HCH / 2), np.sign(atom[2]) * np.cos(HCH / 2)]
            hydrogens.append(atom + CH * np.array(across))
    numbers = np.array([6] * carbons + [1] * len(hydrogens))
    return numbers, np.vstack([inner, hydrogens])


def with_cn(carbons: int, distance: float = DISTANCE) -> tuple[Ints, Floats]:
    """The chain and CN before the middle carbon's hydrogen; CN's atoms are the last two, C before N."""
    numbers, positions = alkane(carbons)
    middle = carbons // 2
    hydrogen = positions[carbons + 2 + 2 * middle]
    along = (hydrogen - positions[middle]) / CH
    ends = [hydrogen + distance * along, hydrogen + (distance + CN) * along]
    return np.append(numbers, [6, 7]), np.vstack([positions, ends])


def geometry(carbons: int, cn: bool) -> tuple[Ints, Floats]:
    """What one calculation is of."""
    if carbons == 0:
        return np.array([6, 7]), np.array([[0.0, 0.0, 0.0], [0.0, 0.0, CN]])
    return with_cn(carbons) if cn else alkane(carbons)


def compute(level: str, carbons: int, cn: bool) -> Energy:
    """One energy.

    Raises:
        RuntimeError: it did not converge
    """
    from atomtug.trainer.dft import fast, stock
    from atomtug.trainer.dft.labeller import Labeller
    from atomtug.trainer.dft.molecule import MoleculeBuilder
    from atomtug.trainer.dft.populations import atom_populations
    from atomtug.trainer.dft.theory import Theory

    started = time.perf_counter()
    numbers, positions = geometry(carbons, cn)
    multiplicity = 2 if cn else 1
    theory = Theory(*level.split("/"))
    if level == PBE:
        label = Labeller(numbers, 0, multiplicity, theory).label(positions)
        if not label.converged or label.charges is None or label.spins is None:
            raise RuntimeError(f"{level}, {carbons} carbons: {label.reason}")
        energy, charges, spins, gap, method = (
            label.energy / HARTREE, label.charges, label.spins, label.gap, label.method
        )  # fmt: skip
    else:
        mol = MoleculeBuilder(numbers, 0, multiplicity, theory.basis).at(positions)
        field = stock.mean_field(mol, theory)
        field.kernel()
        if not field.converged:
            raise RuntimeError(f"{level}, {carbons} carbons: no convergence")
        occupied = [own[:, filled > 0] for own, filled in zip(field.mo_coeff, field.mo_occ, strict=True)]
        charges, spins = atom_populations(mol, fast.to_lowdin(mol, occupied))
        gaps = [
            own[filled == 0].min() - own[filled > 0].max()
            for own, filled in zip(field.mo_energy, field.mo_occ, strict=True)
        ]
        energy, gap, method = float(field.e_tot), float(min(gaps)) * HARTREE, "pyscf"
    on_cn = slice(-2, None) if cn else slice(0, 0)
    return Energy(
        level, carbons, cn, energy, float(charges[on_cn].sum()), float(spins[on_cn].sum()), float(gap), method,
        time.perf_counter() - started,
    )  # fmt: skip


def read(path: Path) -> dict[tuple[str, int, bool], Energy]:
    """What a file has, by level, carbons, and whether CN is there."""
    lines = path.read_text().splitlines() if path.exists() else []
    found = [Energy(**json.loads(line)) for line in lines]
    return {(each.level, each.carbons, each.with_cn): each for each in found}


def tasks() -> Iterator[tuple[str, int, bool]]:
    """All calculations, level by level and the short ones first."""
    for level, sizes in LEVELS.items():
        yield level, 0, True
        for carbons in sizes:
            yield level, carbons, False
            yield level, carbons, True


def interaction(known: dict[tuple[str, int, bool], Energy], level: str) -> list[tuple[int, float, Energy]]:
    """Carbons, interaction energy in kcal/mol and the calculation with both, as far as there are results."""
    result = []
    for carbons in LEVELS[level]:
        both, chain, cn = (
            known.get(key) for key in ((level, carbons, True), (level, carbons, False), (level, 0, True))
        )
        if both and chain and cn:
            value = (both.energy - chain.energy - cn.energy) * HARTREE * KCALMOL_PER_EV
            result.append((carbons, value, both))
    return result


def by_network(model: str, carbons: int) -> float:
    """Interaction energy by a network, kcal/mol: CN near and beyond its cutoff."""
    from atomtug.core.systems import System
    from atomtug.server.engines import create_engine

    numbers, near = with_cn(carbons)
    engine = create_engine(f"ann:{model}", System("chain", numbers, near, 0, 2))
    return (
        float(engine.evaluate(near).energy - engine.evaluate(with_cn(carbons, FAR)[1]).energy)
        * KCALMOL_PER_EV
    )


def report(known: dict[tuple[str, int, bool], Energy]) -> str:
    """All results as a table in Markdown."""
    lines = [
        "| level | carbons | interaction, kcal/mol | charge of CN | spin of CN | gap, eV | way |",
        "|---|---|---|---|---|---|---|",
    ]
    for level in LEVELS:
        for carbons, value, both in interaction(known, level):
            values = f"{value:.2f} | {both.charge:+.3f} | {both.spin:.3f} | {both.gap:+.2f}"
            lines.append(f"| {level} | {carbons} | {values} | {both.method} |")
    return "\n".join(lines)


def draw(known: dict[tuple[str, int, bool], Energy], target: Path, model: str) -> None:
    """Interaction energy, CN's charge and the frontier gap over the number of carbons."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 3.4), layout="constrained")
    panels = figure.subplots(1, 3)
    for level, marker in zip(LEVELS, "os^", strict=True):
        values = interaction(known, level)
        if not values:
            continue
        carbons = [each[0] for each in values]
        columns = (
            [each[1] for each in values],
            [each[2].charge for each in values],
            [each[2].gap for each in values],
        )
        for panel, column in zip(panels, columns, strict=True):
            panel.plot(carbons, column, marker=marker, markersize=4, linewidth=1, label=level)
    if model:
        sizes = list(LEVELS[PBE])
        panels[0].plot(sizes, [by_network(model, each) for each in sizes], "k:", label=f"network {model}")
    texts = "interaction energy (kcal/mol)", "charge of CN (e)", "frontier gap (eV)"
    for panel, text in zip(panels, texts, strict=True):
        panel.set(xlabel="carbons of the chain", ylabel=text)
    panels[0].legend(fontsize=8)
    figure.savefig(target, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("compute", "report", "draw"))
    parser.add_argument("results", type=Path)
    parser.add_argument("picture", type=Path, nargs="?")
    parser.add_argument("--model", default="")
    given = parser.parse_args()
    known = read(given.results)
    if given.what == "draw":
        if given.picture is None:
            parser.error("draw needs a picture to write")
        draw(known, given.picture, given.model)
    elif given.what == "report":
        print(report(known))
    else:
        for task in tasks():
            if task in known:
                continue
            try:
                known[task] = compute(*task)
            except RuntimeError as error:
                print(error, flush=True)
                continue
            with given.results.open("a") as file:
                file.write(json.dumps(asdict(known[task])) + "\n")
            print(known[task], flush=True)


if __name__ == "__main__":
    main()
