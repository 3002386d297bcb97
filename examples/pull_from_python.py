"""Take hold of an atom from Python, watch its bond stretch, and let go.

atomtug serve methane
python examples/pull_from_python.py [HOST:PORT]
"""

import sys

import numpy as np

from atomtug.vr_client import Client, Interaction


def main(address: str = "localhost:38801") -> None:
    """Pull hydrogen 1 away from carbon 0 of methane for half a picosecond of simulated time."""
    carbon, hydrogen = 0, 1
    with Client.connect(address) as client:
        client.run("playback/play")
        start, key = client.wait_for_frame().time, ""
        for frame in client.frames():
            away = frame.positions[hydrogen] - frame.positions[carbon]
            length = float(np.linalg.norm(away))
            bonded = [carbon, hydrogen] in frame.bonds.tolist()
            print(
                f"{frame.time:7.4f} ps   C-H {length:.3f} A   work {frame.work_done:7.2f} kJ/mol   "
                f"{'bonded' if bonded else 'broken'}"
            )
            if frame.time > start + 0.5:
                break
            # The hand stays 0.4 A ahead of the atom: a steady pull of about 200 kJ/mol/nm.
            hand = Interaction((hydrogen,), frame.positions[hydrogen] + 0.4 * away / length, k=5000)
            if key:
                client.update_interaction(key, hand)
            else:
                key = client.start_interaction(hand)
        client.remove_interaction(key)


if __name__ == "__main__":
    main(*sys.argv[1:])
