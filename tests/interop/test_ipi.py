"""``atomtug ipi`` with i-PI from the package index, and with servers that are none."""

import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

import ase
import numpy as np
import pytest
from ase.calculators.socketio import SocketIOCalculator
from click.testing import CliRunner

from atomtug.cli import cli
from atomtug.core.errors import AtomtugError, ConnectionFailed, InputError
from atomtug.core.systems import load_system
from atomtug.core.units import HARTREE
from atomtug.potential import Calculator
from atomtug.workflows.force_client import SocketAddress, drive

METHANE = load_system("methane")
EXAMPLE = Path(__file__).parents[2] / "examples" / "ring_polymer.xml"
STRUCTURE = "7\n\n" + "\n".join(
    f"{symbol} {x:.8f} {y:.8f} {z:.8f}"
    for symbol, (x, y, z) in zip(METHANE.symbols, METHANE.positions, strict=True)
)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        port: int = taken.getsockname()[1]
        return port


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["inet", "unix"])
def test_ipi_runs_ring_polymers_on_the_network(tmp_path: Path, mode: str) -> None:
    """The example of the documentation, 5 steps of it."""
    name = f"atomtug-test-{free_port()}"
    text = (
        EXAMPLE.read_text()
        .replace("<total_steps> 200 <", "<total_steps> 5 <")
        .replace('stride="10"', 'stride="1"')
        .replace("potential{electronvolt}", "potential")  # its electronvolt is not quite ASE's
    )
    if mode == "unix":
        text = text.replace('mode="inet"', 'mode="unix"').replace("> localhost <", f"> {name} <")
        text = re.sub(r"<port>.*</port>", "", text)
        place = ["--unix", name]
    else:
        port = free_port()
        text = text.replace("31415", str(port))
        place = ["--port", str(port)]
    (tmp_path / "input.xml").write_text(text)
    (tmp_path / "methane.xyz").write_text(STRUCTURE + "\n")
    ipi = [Path(sys.executable).with_name("i-pi"), "input.xml"]
    with subprocess.Popen(
        ipi, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        try:
            done = CliRunner().invoke(
                cli, ["ipi", "alkanes", str(tmp_path / "methane.xyz"), *place, "--wait", "120"],
                catch_exceptions=False,
            )  # fmt: skip
            said, _ = server.communicate(timeout=120)
        finally:
            server.kill()
    assert done.exit_code == 0, done.output
    assert server.returncode == 0, said
    # 8 beads, at the start and at 5 steps.
    assert "has ended: 48 geometries were computed." in done.output
    rows = np.loadtxt(tmp_path / "ring_polymer.out")
    assert len(rows) == 6
    atoms = ase.Atoms(METHANE.numbers, METHANE.positions)
    atoms.calc = Calculator("alkanes", precision="float64")
    # All beads begin at the structure. i-PI prints nine digits.
    assert rows[0, 4] == pytest.approx(atoms.get_potential_energy() / HARTREE, abs=2e-6)
    assert np.ptp(rows[:, 2]) < 0.02, "the conserved quantity, eV"
    beads = [read_positions(path)[-1] for path in sorted(tmp_path.glob("ring_polymer.beads_*.xyz"))]
    assert len(beads) == 8
    spread = np.std(beads, axis=0).mean(axis=1)
    assert spread[1:5].mean() > 1.5 * spread[0] > 0, "hydrogen is less of a point than carbon"


def read_positions(path: Path) -> np.ndarray:
    rows = [line.split()[1:] for line in path.read_text().splitlines() if re.match(r" *[CHN] ", line)]
    return np.array(rows, dtype=float).reshape(-1, 7, 3)


@pytest.mark.slow
def test_what_the_program_gets_are_the_calculators_energies_and_forces() -> None:
    atoms = ase.Atoms(METHANE.numbers, METHANE.positions)
    address = SocketAddress(port=free_port())
    counted: list[int] = []
    worker = threading.Thread(
        target=lambda: counted.append(drive("alkanes", METHANE, address, wait=120)), daemon=True
    )
    with SocketIOCalculator(port=address.port, timeout=120) as theirs:
        worker.start()
        atoms.calc = theirs
        energy, forces = atoms.get_potential_energy(), atoms.get_forces()
    worker.join(timeout=120)
    assert counted == [1]
    atoms.calc = Calculator("alkanes", precision="float64")
    assert energy == pytest.approx(atoms.get_potential_energy(), abs=1e-6)
    np.testing.assert_allclose(forces, atoms.get_forces(), rtol=0, atol=1e-6)


@pytest.mark.slow
def test_another_number_of_atoms_and_another_program_are_said() -> None:
    port = free_port()
    with SocketIOCalculator(port=port, timeout=120) as theirs:
        ended = drive_aside(port)
        with pytest.raises(OSError):  # noqa: PT011 - its client has gone
            theirs.calculate(ase.Atoms("H"))
        error = ended()
    assert isinstance(error, InputError)
    assert "sends 1 atoms, and the structure has 7" in str(error)

    with socket.create_server(("localhost", port)) as other:
        ended = drive_aside(port)
        connection, _ = other.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n")
            error = ended()
    assert isinstance(error, ConnectionFailed)
    assert "does not speak i-PI's protocol" in str(error)


def drive_aside(port: int):
    """Begin :func:`drive` in a thread; the result waits for how it ends."""
    ends: list[BaseException] = []

    def work() -> None:
        try:
            drive("alkanes", METHANE, SocketAddress(port=port), wait=120)
        except AtomtugError as error:
            ends.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()

    def ended() -> BaseException:
        thread.join(timeout=120)
        return ends[0]

    return ended


@pytest.mark.parametrize(
    ("address", "named"),
    [
        (SocketAddress(unix="atomtug-nobody"), "/tmp/ipi_atomtug-nobody"),
        (SocketAddress("localhost", 1), "localhost:1"),
    ],
)
def test_where_nothing_listens_a_sentence_says_what_to_start(
    address: SocketAddress, named: str, monkeypatch
) -> None:
    monkeypatch.setattr("atomtug.workflows.force_client.Calculator", Fake)
    with pytest.raises(ConnectionFailed, match=f"Nothing listens at {named} after 0 s: start i-PI first"):
        drive("alkanes", METHANE, address, wait=0)


def test_an_address_that_is_none_is_said_at_once(monkeypatch) -> None:
    monkeypatch.setattr("atomtug.workflows.force_client.Calculator", Fake)
    with pytest.raises(ConnectionFailed, match=r"/tmp/ipi_n+ can't be reached \(AF_UNIX path too long\)"):
        drive("alkanes", METHANE, SocketAddress(unix=200 * "n"), wait=120)


class Fake:
    """Takes no time to be made."""

    def __init__(self, *_, **__) -> None:
        self.results = {}

    def get_forces(self, atoms) -> np.ndarray:
        return np.zeros((len(atoms), 3))
