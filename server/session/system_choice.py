"""Which systems there are to choose among, with what a start screen shows of each."""

from collections.abc import Callable, Mapping, Sequence

from atomtug.core.systems import BUILT_IN, System
from atomtug.core.systems.bonds import perceive_bonds
from atomtug.core.systems.valences import molecules_of
from atomtug.core.units import NM_PER_ANGSTROM
from atomtug.server.session.commands import Commands, Result
from atomtug.wire import command_names, state_keys
from atomtug.wire.values import Value

_ABOUT = {each.name: each.about for each in BUILT_IN}


class SystemChoice:
    """The command ``system/list``, and whether pages still ask which system it is to be.

    Args:
        systems: those that can be chosen, in the order of ``playback/list``
        asks: whether pages ask at first
        announce: sets keys of the shared state
    """

    def __init__(
        self, systems: Sequence[System], asks: bool, announce: Callable[[Mapping[str, Value]], None]
    ) -> None:
        self._systems = systems
        self._asks = asks
        self._announce = announce
        announce({state_keys.SYSTEM_CHOICE: asks})

    def register(self, commands: Commands) -> None:
        """Offer the command."""
        commands.register(command_names.DESCRIBE_SYSTEMS, self._list)

    def made(self) -> None:
        """Somebody has chosen: pages ask no longer."""
        if self._asks:
            self._asks = False
            self._announce({state_keys.SYSTEM_CHOICE: False})

    def _list(self) -> Result:
        return {"systems": [_description(system) for system in self._systems]}


def _description(system: System) -> dict[str, Value]:
    """What the command answers of one system; positions in nm, flat, bonds as a flat list of pairs."""
    positions = (system.positions * NM_PER_ANGSTROM).round(4)
    return {
        "name": system.name,
        "formula": molecules_of(system),
        "about": _ABOUT.get(system.name, ""),
        "elements": system.numbers.tolist(),
        "positions": positions.reshape(-1).tolist(),
        "bonds": perceive_bonds(system.numbers, system.positions).reshape(-1).tolist(),
    }
