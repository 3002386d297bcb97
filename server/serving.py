"""Your own atoms on your own calculator, served from a script or a notebook: :func:`serve`."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atomtug.core.closing import Closing
from atomtug.core.errors import InputError
from atomtug.core.systems import System
from atomtug.core.systems.from_ase import system_from_atoms
from atomtug.server.app import RunningServer, ServerOptions, running_server
from atomtug.server.dynamics.wall import CENTRING
from atomtug.server.session.live import LiveSession

if TYPE_CHECKING:
    from atomtug.server.engines.pickled import CalculatorSource

FOR_PEOPLE = {"web_port": 0, "record": True, "centring": CENTRING}
"""Options that are as the command line has them, and not as :class:`~atomtug.server.app.ServerOptions`."""


class ServedAtoms(Closing):
    """A server that runs until :meth:`close`, or to the end of a ``with`` block: see :func:`serve`."""

    def __init__(self, server: RunningServer, stack: ExitStack) -> None:
        assert isinstance(server.session, LiveSession)
        self._server = server
        self._session = server.session
        self._stack = stack

    @property
    def address(self) -> str:
        """Where Python clients connect, ``host:port``: ``Client.connect(server.address)``."""
        return self._server.address

    @property
    def url(self) -> str:
        """The page for a browser; empty where ``web_port`` is None."""
        return self._server.page

    @property
    def websocket(self) -> str:
        """The address for headset apps and Python clients of NanoVer, ``ws://host:port``."""
        return self._server.websocket

    @property
    def recording(self) -> Path | None:
        """The recording that is being written, or was written last; None where none was."""
        return self._session.recorder.latest_path

    def close(self) -> None:
        """End the simulation, close the recording, and let clients go. A second call does nothing."""
        self._stack.close()

    def __repr__(self) -> str:
        return f"<server of {self._session.system.name}: {self.url or self.address}>"


def serve(
    atoms: Any,
    calculator: "CalculatorSource | str | None" = None,
    *,
    name: str = "",
    charge: int | None = None,
    multiplicity: int | None = None,
    **options: Any,
) -> ServedAtoms:
    """Serve atoms to browsers, headsets and Python clients, for a block or until it is closed.

        with atomtug.server.serve(atoms, calculator, temperature=200) as server:
            print(server.url)

    The simulation has a process of its own. The calculator goes there as a copy, with classes and functions that a
    notebook defined; what that does to it is not seen here.

    Args:
        atoms: :class:`ase.Atoms`, not periodic; or a system of :func:`atomtug.load_system`
        calculator: an ASE calculator; a function without arguments that makes one, for those that can't be copied;
            or an engine's name, such as ``pm6`` or ``ann:alkanes``. By default the atoms' own
        name: for people and file names; by default the formula
        charge: e; None for what the atoms say; a system has its own, as it has a name
        multiplicity: 2S + 1; likewise
        **options: those of :class:`~atomtug.server.app.ServerOptions`; what is not given is as for
            ``atomtug serve`` (300 K, recorded to ``runs``, a page), on ports that are free

    Raises:
        InputError: the atoms or the calculator can't be simulated, or an option is out of its range
        EngineError: the calculator gave no energy and forces for the atoms
        TypeError: there is no such option
    """
    known = isinstance(atoms, System)
    system = atoms if known else system_from_atoms(atoms, name, charge, multiplicity)
    source = atoms.calc if calculator is None and not known else calculator
    if source is None:
        raise InputError(
            f"{system.name} has no calculator: give one, or the name of an engine, e.g. serve(atoms, 'pm6')."
        )
    with ExitStack() as stack:
        if isinstance(source, str):
            engine = source
        else:
            from atomtug.server.engines.pickled import pickle_calculator

            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="atomtug-"))
            engine = pickle_calculator(source, Path(folder))
        settings = ServerOptions(systems=[system], engine=engine, **{**FOR_PEOPLE, **options})
        server = stack.enter_context(running_server(settings))
        return ServedAtoms(server, stack.pop_all())
