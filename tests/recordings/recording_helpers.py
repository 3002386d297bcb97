"""Frames whose every number can be told from their step, and ways to compare them."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from atomtug.core.frame import AppliedInteraction, Frame
from atomtug.core.systems import System, load_system
from atomtug.core.units import FS

METHANE = load_system("methane")
BONDS = np.array([[0, 1], [0, 2], [0, 3], [0, 4], [5, 6]])


def make_frame(step: int, system: System = METHANE, hands: int = 0, engine: str = "pm6") -> Frame:
    """A frame whose numbers follow from ``step`` alone."""
    rng, of_hands = np.random.default_rng(step), np.random.default_rng([step, 1])
    shape = system.positions.shape
    grips = tuple(
        AppliedInteraction(
            key=f"interaction.{k}",
            position=of_hands.normal(size=3),
            particles=np.arange(k, k + 2),
            forces=of_hands.normal(size=(2, 3)),
            energy=float(of_hands.normal()),
        )
        for k in range(hands)
    )
    return Frame(
        step=step,
        time=step * 0.5 * FS,
        positions=system.positions + 0.01 * step,
        velocities=rng.normal(size=shape),
        energy=-100.0 - 0.1 * step,
        forces=rng.normal(size=shape),
        kinetic_energy=1.0 + step,
        temperature=300.0 + step,
        wall_energy=0.25 * step,
        wall_forces=rng.normal(size=shape),
        user_forces=rng.normal(size=shape),
        user_work=0.5 * step,
        interactions=grips,
        engine=engine,
    )


def assert_same_frame(read: Frame, written: Frame) -> None:
    """Double precision for positions, energies and times; single for velocities and forces."""
    assert read.step == written.step
    assert read.engine == written.engine
    for name in ("time", "energy", "kinetic_energy", "temperature", "wall_energy", "user_work", "positions"):
        np.testing.assert_allclose(getattr(read, name), getattr(written, name), rtol=1e-14, atol=1e-300)
    for name in ("velocities", "forces", "wall_forces", "user_forces"):
        np.testing.assert_allclose(getattr(read, name), getattr(written, name), rtol=2e-7, atol=1e-40)
    assert [hand.key for hand in read.interactions] == [hand.key for hand in written.interactions]
    for ours, theirs in zip(read.interactions, written.interactions, strict=True):
        np.testing.assert_allclose(ours.position, theirs.position, rtol=1e-14, atol=1e-300)
        np.testing.assert_array_equal(ours.particles, theirs.particles)
        np.testing.assert_allclose(ours.forces, theirs.forces, rtol=2e-7, atol=1e-40)
        np.testing.assert_allclose(ours.energy, theirs.energy, rtol=1e-14, atol=1e-300)


numbers = st.floats(-1e6, 1e6)


@st.composite
def frames_of(draw: st.DrawFn, atoms: int) -> Frame:
    """Any frame of so many atoms, with up to three hands."""
    vectors = arrays.arrays(np.float64, (atoms, 3), elements=numbers)
    hands = []
    for name in draw(st.lists(st.text(max_size=5), max_size=3, unique=True)):
        held = draw(st.lists(st.integers(0, atoms - 1), max_size=atoms, unique=True))
        hands.append(
            AppliedInteraction(
                key=f"interaction.{name}",
                position=draw(arrays.arrays(np.float64, 3, elements=numbers)),
                particles=np.array(held, dtype=np.int64),
                forces=draw(arrays.arrays(np.float64, (len(held), 3), elements=numbers)),
                energy=draw(numbers),
            )
        )
    return Frame(
        step=draw(st.integers(0, 2**40)),
        time=draw(numbers),
        positions=draw(vectors),
        velocities=draw(vectors),
        energy=draw(numbers),
        forces=draw(vectors),
        kinetic_energy=draw(numbers),
        temperature=draw(numbers),
        wall_energy=draw(numbers),
        wall_forces=draw(vectors),
        user_forces=draw(vectors),
        user_work=draw(numbers),
        interactions=tuple(hands),
        engine=draw(st.sampled_from(["pm6", "am1", "ase:some.Calculator", ""])),
    )


def bonds_of(atoms: int) -> st.SearchStrategy[np.ndarray]:
    """Any list of pairs."""
    pair = st.tuples(st.integers(0, atoms - 1), st.integers(0, atoms - 1))
    return st.lists(pair, max_size=6).map(lambda pairs: np.array(pairs, dtype=np.int64).reshape(-1, 2))
