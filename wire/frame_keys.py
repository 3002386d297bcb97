"""Every key of a frame, with its type, unit and meaning.

A frame is an increment: a key that is absent keeps its last value. In the meanings N is the number of atoms,
B the number of bonds and R the number of residues; arrays are flat.
"""

from atomtug.wire.specification import FrameKey, Kind, Packing

_LIST: list[FrameKey] = []


def _key(name: str, kind: Kind, unit: str, meaning: str, *, packing: Packing = "", own: bool = False) -> str:
    _LIST.append(FrameKey(name, kind, unit, meaning, packing, own))
    return name


FRAME_INDEX = _key(
    "frame.index", "number", "", "WebSocket and NanoVer recordings only; gRPC has a field for it"
)

# What stays the same for as long as a system is simulated.
PARTICLE_COUNT = _key("particle.count", "number", "", "number of atoms, N")
PARTICLE_ELEMENTS = _key("particle.elements", "indices", "", "N atomic numbers", packing="u1")
PARTICLE_MASSES = _key(
    "particle.masses", "floats", "amu", "N masses; isotopes have their own", packing="<f4", own=True
)
PARTICLE_NAMES = _key("particle.names", "texts", "", "N names, e.g. C1")
PARTICLE_RESIDUES = _key("particle.residues", "indices", "", "N indices of residues", packing="<u4")
RESIDUE_COUNT = _key("residue.count", "number", "", "number of residues, R; each is a molecule of the start")
RESIDUE_NAMES = _key("residue.names", "texts", "", "R names")
RESIDUE_IDS = _key("residue.ids", "texts", "", "R numbers as text, from 1")
RESIDUE_CHAINS = _key("residue.chains", "indices", "", "R indices of chains", packing="<u4")
CHAIN_COUNT = _key("chain.count", "number", "", "number of chains; one for each residue")
CHAIN_NAMES = _key("chain.names", "texts", "", "A to Z, then from A again")
SIMULATION_NAME = _key("system.simulation.name", "text", "", "name of the system")
TOTAL_CHARGE = _key("system.charge", "number", "e", "charge of the whole, as the engine is told", own=True)

# What changes from frame to frame.
PARTICLE_POSITIONS = _key("particle.positions", "floats", "nm", "3N coordinates", packing="<f4")
PARTICLE_VELOCITIES = _key("particle.velocities", "floats", "nm/ps", "3N components", packing="<f4")
PARTICLE_FORCES = _key(
    "particle.forces",
    "floats",
    "kJ/mol/nm",
    "3N components: of engine, hands and wall together",
    packing="<f4",
)
PARTICLE_FORCES_SYSTEM = _key(
    "particle.forces.system", "floats", "kJ/mol/nm", "3N components, the engine's alone", packing="<f4"
)
USER_FORCES_INDEX = _key("forces.user.index", "indices", "", "atoms that hands pull", packing="<u4")
USER_FORCES_SPARSE = _key(
    "forces.user.sparse", "floats", "kJ/mol/nm", "the hands' force on each of those atoms", packing="<f4"
)
USER_WORK = _key("forces.user.work_done", "number", "kJ/mol", "work of the hands since the start")
BOND_PAIRS = _key(
    "bond.pairs", "indices", "", "2B indices of atoms, whenever bonds break or form", packing="<u4"
)
BOND_ORDERS = _key(
    "bond.orders",
    "floats",
    "",
    "B whole orders from the engine's, at least 1; 1 for other engines",
    packing="u1",
)
BOND_ORDERS_ENGINE = _key(
    "bond.orders.engine",
    "floats",
    "",
    "the engine's B orders, not rounded; empty for engines without",
    packing="<f4",
    own=True,
)
MOLECULE_NAMES = _key(
    "molecule.names",
    "texts",
    "",
    "what each molecule is called, ions with their sign (`CH4`, `OH-`), in the order of their first atoms; "
    "sent when bonds break or form",
    own=True,
)
PARTICLE_CHARGES = _key(
    "particle.charges",
    "floats",
    "e",
    "N charges by the engine; empty for engines without",
    packing="<f4",
    own=True,
)
PARTICLE_SPINS = _key(
    "particle.spins",
    "floats",
    "",
    "N times alpha minus beta electrons; empty for engines without",
    packing="<f4",
    own=True,
)
POTENTIAL_ENERGY = _key("energy.potential", "number", "kJ/mol", "the engine's, without the hands'")
KINETIC_ENERGY = _key("energy.kinetic", "number", "kJ/mol", "of the atoms")
USER_ENERGY = _key("energy.user.total", "number", "kJ/mol", "of the interactions")
WALL_ENERGY = _key(
    "energy.wall",
    "number",
    "kJ/mol",
    "of the soft wall around the molecules and of the restraint of their centre of mass",
    own=True,
)
TEMPERATURE = _key(
    "system.temperature", "number", "K", "of vibration and rotation: without the translation of each fragment"
)
SIMULATION_TIME = _key("system.simulation.time", "number", "ps", "simulated time since the start")
SIMULATION_STEP = _key("system.simulation.step", "number", "", "MD steps since the start", own=True)
SIMULATION_COUNTER = _key("system.simulation.counter", "number", "", "starts so far, the first is 0")
SIMULATION_EXCEPTION = _key(
    "system.simulation.exception", "text", "", "what went wrong; empty when it goes on"
)
SERVER_TIMESTAMP = _key("server.timestamp", "number", "s", "the server's monotonic clock")

ENGINE_NAME = _key("engine.name", "text", "", "the engine that computed this frame", own=True)
ENGINE_SPEED = _key("engine.steps_per_second", "number", "1/s", "MD steps a second, as measured", own=True)
ENGINE_ENERGY_OFFSET = _key(
    "engine.energy_offset",
    "number",
    "kJ/mol",
    "added to the engine's own energy, so that energy.potential is continuous over a change of engines",
    own=True,
)
ENGINE_UNCERTAINTY = _key(
    "engine.uncertainty",
    "number",
    "kJ/mol",
    "spread of a committee of networks, calibrated where the model is; NaN for other engines",
    own=True,
)
ENGINE_UNCERTAINTY_ATOMS = _key(
    "engine.uncertainty.atoms",
    "floats",
    "kJ/mol/nm",
    "N spreads, of the force on each atom; empty for other engines",
    packing="<f4",
    own=True,
)
PARTICLE_COLORS = _key(
    "particle.colors",
    "indices",
    "",
    "4N numbers from 0 to 255: red, green, blue and opacity of each atom by its uncertainty; "
    "only with engines that know theirs",
    packing="u1",
)
ENGINE_UNSURE = _key(
    "engine.unsure",
    "truth value",
    "",
    "whether this frame's uncertainty is above the server's limit",
    own=True,
)

ENGINE_SPIN_SQUARE = _key(
    "engine.spin_square", "number", "", "<S^2>, 0.75 for one unpaired electron; NaN if unknown", own=True
)
ENGINE_STATE_CHANGED = _key(
    "engine.state_changed",
    "floats",
    "kJ/mol",
    "energy before and after the last change of electronic state; empty before the first",
    packing="<f4",
    own=True,
)
ENGINE_STATE_CHANGES = _key(
    "engine.state_changes", "number", "", "changes of electronic state since the start", own=True
)

PLAYBACK_PLAYING = _key(
    "playback.playing", "truth value", "", "whether the simulation or recording runs", own=True
)
PLAYBACK_FRAME = _key(
    "playback.frame", "number", "", "place in the recording that is played, from 0", own=True
)
PLAYBACK_FRAMES = _key("playback.frames", "number", "", "frames in the recording that is played", own=True)
RECORDING_NAME = _key("recording.name", "text", "", "the file being written; empty if none is", own=True)
RECORDING_ERROR = _key("recording.error", "text", "", "why a recording has ended by itself", own=True)

FRAME_KEYS = tuple(_LIST)
"""All keys, in the order of the documentation."""
