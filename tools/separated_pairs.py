"""Geometries to learn from: HCN that has left a radical, and CN before it takes a hydrogen, 2.4 to 5.5 Å apart.

    python tools/separated_pairs.py runs/pairs

Hands pass these distances in a few frames and always the same way. Here HCN is put near a random atom of a random
conformer of a radical (C4 to C9), CN near one of an alkane, turned at random; both move at 200 to 600 K on the model
`alkanes` for 0.2 ps, HCN with its bonds stretched at first. Every run is a series, of three frames. Writes a data set
without energies for each molecule, for `atomtug label`. Nothing here is taken from squalane or another test set.
"""

import sys
from pathlib import Path

import numpy as np
from rdkit.Chem import rdForceFieldHelpers

sys.path.insert(0, str(Path(__file__).parent / "reach"))
from common import CN_LENGTH, HCN_LENGTHS, C, H, N, Series, embedded, numbers_and_positions, unit, write

from atomtug.core.arrays import Floats, Ints
from atomtug.core.errors import EngineError
from atomtug.core.systems import System
from atomtug.server.dynamics.settings import DynamicsSettings
from atomtug.server.engines import create_engine
from atomtug.trainer.labels.frames import sort_out
from atomtug.trainer.search.proposals import random_rotation
from atomtug.workflows.lockstep import run_in_lockstep

RADICALS = {
    "isobutane": (("CC(C)[CH2]", 5), ("C[C](C)C", 5)),
    "isopentane": (("CC(C)[CH]C", 6), ("C[C](C)CC", 5), ("CC(C)C[CH2]", 5)),
    "n-pentane": (("CC[CH]CC", 4), ("C[CH]CCC", 4)),
    "2-isohexane": (("CC(C)[CH]CC", 4), ("CC(C)C[CH]C", 4), ("C[C](C)CCC", 3)),
    "3-isohexane": (("CCC(C)[CH]C", 5), ("CC[C](C)CC", 4)),
    "n-hexane": (("C[CH]CCCC", 4), ("CC[CH]CCC", 4)),
    "2-methylheptane": (("CC(C)C[CH]CCC", 3), ("CC(C)CC[CH]CC", 3)),
    "4-methylheptane": (("CCCC(C)[CH]CC", 3), ("CCC[C](C)CCC", 3)),
    "26-dimethylheptane": (("CC(C)C[CH]CC(C)C", 3), ("CC(C)[CH]CCC(C)C", 3), ("C[C](C)CCCC(C)C", 2)),
}
"""molecule -> its radicals and how many runs of each"""
ALKANES = {
    "isobutane": ("CC(C)C", 4),
    "isopentane": ("CC(C)CC", 6),
    "2-isohexane": ("CC(C)CCC", 4),
    "3-isohexane": ("CCC(C)CC", 5),
    "n-hexane": ("CCCCCC", 4),
    "26-dimethylheptane": ("CC(C)CCCC(C)C", 4),
}
"""molecule -> SMILES and how many runs of it with CN"""
NEAREST, FARTHEST = 2.4, 5.5
"""angstrom between the nearest two atoms at the start."""
TEMPERATURES = (200.0, 300.0, 450.0, 600.0)
"""K"""
LONGEST = 0.2
"""ps"""
FRAMES = 3
SEED = 9100


def conformer(smiles: str, seed: int) -> tuple[Ints, Floats]:
    """Elements (N,) and positions (N, 3) of a random conformer, as RDKit's force field has it."""
    structure = embedded(smiles, seed)
    rdForceFieldHelpers.UFFOptimizeMolecule(structure, maxIters=500)
    return numbers_and_positions(structure)


def placed(host: Floats, guest: Floats, random: np.random.Generator) -> Floats:
    """Both (N + n, 3), the guest (n, 3) turned at random and moved out from a random atom until it is far enough."""
    turned = (guest - guest.mean(axis=0)) @ random_rotation(random).T
    wanted = random.uniform(NEAREST, FARTHEST)
    start, outward = host[random.integers(len(host))], unit(random.standard_normal(3))
    for way in np.arange(0.0, 20.0, 0.05):
        there = turned + start + way * outward
        if np.linalg.norm(there[:, None] - host, axis=2).min() >= wanted:
            break
    return np.vstack([host, there])


def hcn(random: np.random.Generator) -> Floats:
    """H, C and N (3, 3), both bonds stretched or pressed."""
    to_hydrogen, to_nitrogen = HCN_LENGTHS
    return np.array(
        [
            [0.0, 0.0, to_hydrogen * random.uniform(0.92, 1.2)],
            [0.0, 0.0, 0.0],
            [0.0, 0.0, -to_nitrogen * random.uniform(0.96, 1.08)],
        ]
    )


def run(name: str, smiles: str, with_hcn: bool, seed: int) -> Series | None:
    """One run; None where the network gives up."""
    random = np.random.default_rng(seed)
    elements, host = conformer(smiles, seed)
    guest = hcn(random) if with_hcn else np.array([[0.0, 0.0, 0.0], [0.0, 0.0, CN_LENGTH]])
    numbers = np.append(elements, [H, C, N] if with_hcn else [C, N])
    system = System(name, numbers, placed(host, guest, random), 0, 2)
    temperature = float(random.choice(TEMPERATURES))
    settings = DynamicsSettings(temperature=temperature, friction=20.0, seed=seed, wall_radius=0.0)
    try:
        moved = run_in_lockstep(system, create_engine("ann:alkanes", system), settings, longest=LONGEST)
    except EngineError as error:
        print(f"{name}, {smiles}, seed {seed}: {error}", file=sys.stderr)
        return None
    sound, _ = sort_out(moved.positions)
    rows = sound[np.linspace(0, len(sound) - 1, FRAMES + 1).astype(int)[1:]]
    title = f"{smiles} and {'HCN' if with_hcn else 'CN'} apart, {seed}"
    notes: dict[str, object] = {"seed": seed, "temperature": temperature}
    return Series(title, name, numbers, moved.positions[rows], notes)


def main(folder: Path) -> None:
    kinds = [(name, smiles, True, count) for name, each in RADICALS.items() for smiles, count in each]
    kinds += [(name, smiles, False, count) for name, (smiles, count) in ALKANES.items()]
    found, seed = [], SEED
    for name, smiles, with_hcn, count in kinds:
        for _ in range(count):
            found.append(run(name, smiles, with_hcn, seed))
            seed += 1
    write(folder, [each for each in found if each], "tools/separated_pairs.py")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
