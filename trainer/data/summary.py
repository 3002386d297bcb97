"""What is in a data set, for a person."""

from typing import Any

import numpy as np

from atomtug.core.systems.electronic_state import state_in_words
from atomtug.trainer.data.dataset import DataSet


def summary(data: DataSet) -> str:
    """Counts for each molecule and trajectory, failed labels and broken frames included."""
    missing = "without energy" if "imported" in data.attributes else "failed"
    labelled = sum(int(molecule.labelled.sum()) for molecule in data)
    forces = sum(int(molecule.with_forces.sum()) for molecule in data)
    lines = [
        f"data set: {labelled} labelled geometries of {len(data.molecules)} molecules, {forces} with forces, "
        f"{len(data) - labelled} {missing}",
        f"theory:   {data.theory or 'not said'}",
        # What an import said: names, units, geometries that were set aside.
        *(f"note:     {line}" for line in data.attributes.get("notes", "").splitlines()),
    ]
    for molecule in data:
        good = molecule.labelled
        failed = len(molecule) - int(good.sum())
        lines.append("")
        about = f"{len(molecule.numbers)} atoms, {state_in_words(molecule.charge, molecule.multiplicity)}"
        lines.append(f"{molecule.name} ({about}): {int(good.sum())} labelled, {failed} {missing}")
        for index, entry in enumerate(data.trajectories):
            mine = molecule.trajectory == index
            if entry.molecule != molecule.name:
                continue
            aside = ", ".join(f"{count} {reason}" for reason, count in entry.set_aside.items() if count)
            lines.append(
                f"  {entry.name}: {int((mine & good).sum())} of {entry.frames} frames"
                + (f", {int((mine & ~good).sum())} {missing}" if (mine & ~good).any() else "")
                + (f"; set aside: {aside}" if aside else "")
            )
            lines += [
                f"    frame {molecule.frame[row]} is not learned from, being of another state: "
                f"{molecule.odd_state[row]}"
                for row in np.flatnonzero(mine & good & ~molecule.learnable)
            ]
    return "\n".join(lines)


def as_dict(data: DataSet) -> dict[str, Any]:
    """The same counts for a program: by molecule, and within it by trajectory."""
    molecules = {}
    for molecule in data:
        good = molecule.labelled
        trajectories = {
            entry.name: {
                "frames": entry.frames,
                "labelled": int((good & (molecule.trajectory == index)).sum()),
                "failed": int((~good & (molecule.trajectory == index)).sum()),
                "odd_state": int((good & ~molecule.learnable & (molecule.trajectory == index)).sum()),
                "set_aside": dict(entry.set_aside),
            }
            for index, entry in enumerate(data.trajectories)
            if entry.molecule == molecule.name
        }
        molecules[molecule.name] = {
            "charge": molecule.charge,
            "multiplicity": molecule.multiplicity,
            "labelled": int(good.sum()),
            "failed": int((~good).sum()),
            "trajectories": trajectories,
        }
    return {"theory": str(data.theory) if data.theory else None, "molecules": molecules}
