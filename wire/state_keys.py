"""Every key of the shared state, with its type, unit, writer and meaning. Families of keys are named by prefix."""

from atomtug.wire.specification import Kind, StateKey, Writer

_LIST: list[StateKey] = []


def _key(name: str, kind: Kind, unit: str, writer: Writer, meaning: str, *, own: bool = False) -> str:
    """Note the key; return it, or for a family the prefix that its keys share."""
    _LIST.append(StateKey(name, kind, unit, writer, meaning, own))
    return name.partition("<")[0].partition("*")[0]


INTERACTION_PREFIX = _key("interaction.<id>", "map", "", "clients", "what one hand holds, as listed below")
AVATAR_PREFIX = _key(
    "avatar.<user>", "map", "", "clients", "a user's head and hands; removed when the user leaves"
)
PLAYAREA_PREFIX = _key("playarea.<user>", "any", "", "clients", "a user's room; removed when the user leaves")
CURSOR_PREFIX = _key(
    "cursor.<user>.*", "any", "", "clients", "where a user points; removed when the user leaves"
)
UPDATE_INDEX_PREFIX = _key(
    "update.index.<user>", "number", "", "clients", "a user's count of updates; removed when the user leaves"
)
SCENE = _key(
    "scene",
    "any",
    "",
    "clients",
    "where the box of the simulation stands: at first at chest height, within arm's reach",
)
TRANSFORM = _key(
    "transform.simulation",
    "map",
    "",
    "clients",
    "the same as scene with the x scale's sign reversed; kept in step",
)
SIMULATION_NAME = _key(
    "simulation.name", "text", "", "server", "name of the system or recording that is loaded"
)
SIMULATION_INDEX = _key("simulation.index", "number", "", "server", "its place in playback/list, from 0")
SUGGESTED_PREFIX = _key(
    "suggested.*",
    "any",
    "",
    "clients",
    "how headset apps should pull and look, as listed below; the server begins with those it was started with",
)
SELECTION_PREFIX = _key(
    "selection.*", "any", "", "clients", "how atoms are drawn; passed on, stays until a system is loaded"
)
USER_ORIGIN_PREFIX = _key(
    "user-origin.<user>", "map", "", "server", "where multiuser/radially-orient-origins stands a user"
)
VELOCITY_RESET_AVAILABLE = _key(
    "imd.velocity_reset_available", "truth value", "", "server", "true: a hand may ask for reset_velocities"
)
FORCE_LAW = _key("imd.force_law", "text", "", "server", "how a hand's interaction becomes a force", own=True)
FORCE_CAP = _key(
    "imd.force_cap", "number", "kJ/mol/nm", "server", "limit of the hands' force on an atom", own=True
)
THERMOSTAT = _key(
    "dynamics.thermostat",
    "text",
    "",
    "server",
    "how the molecule moves: langevin, nve or relax (downhill all the time)",
    own=True,
)
DYNAMICS_SETTINGS = _key(
    "dynamics.settings",
    "map",
    "",
    "server",
    "temperature (K), friction (1/ps), timestep (fs) and steps_per_frame of the dynamics now",
    own=True,
)
ENGINE_CURRENT = _key("engine.current", "text", "", "server", "the engine that computes the frames", own=True)
ENGINE_LOADING = _key(
    "engine.loading", "text", "", "server", "the engine that is being loaded, if one is", own=True
)
ENGINE_LOADING_STEP = _key(
    "engine.loading.step",
    "text",
    "",
    "server",
    "what is being done for that, as a clause: reads the engine, compiles the dynamics, ...",
    own=True,
)
ENGINE_LOADING_SECONDS = _key(
    "engine.loading.seconds", "number", "s", "server", "how long it has taken so far", own=True
)
ENGINE_ERROR = _key("engine.error", "text", "", "server", "why the last engine could not be loaded", own=True)
ENGINE_WARNING = _key(
    "engine.warning",
    "text",
    "",
    "server",
    "why the engine's numbers may mean nothing here; stays as long as the engine",
    own=True,
)
ENGINE_UNSURE = _key(
    "engine.unsure",
    "truth value",
    "",
    "server",
    "whether the engine's uncertainty is above the limit",
    own=True,
)
ENGINE_UNCERTAINTY_LIMIT = _key(
    "engine.uncertainty_limit", "number", "kJ/mol", "server", "that limit; 0 for none", own=True
)
LEARNING_PRESENT = _key(
    "learning.present", "truth value", "", "server", "whether a learner is connected", own=True
)
LEARNING_WANTED = _key(
    "learning.wanted", "truth value", "", "server", "whether it is to learn (learning/start, /stop)", own=True
)
LEARNING_TEXT = _key(
    "learning.text", "text", "", "server", "how far the learning is, in a sentence for people", own=True
)
LEARNING_FIGURES = _key(
    "learning.figures", "map", "", "server", "the same in numbers, as listed below", own=True
)
SERVER_STARTED = _key(
    "server.started",
    "number",
    "s",
    "server",
    "when the session was made, seconds since 1970: it tells a server that was started again from one that went on",
    own=True,
)
SYSTEM_NOTES = _key(
    "system.notes",
    "list",
    "",
    "server",
    "sentences on the system: where charge and multiplicity are from, what was guessed or changed",
    own=True,
)
SYSTEM_CHOICE = _key(
    "system.choice",
    "truth value",
    "",
    "server",
    "whether pages ask which of the systems it is to be, until somebody has loaded one or held an atom",
    own=True,
)
CHECKPOINT_COUNT = _key(
    "checkpoint.count", "number", "", "server", "how many places checkpoint/restore can go back to", own=True
)

STATE_KEYS = tuple(_LIST)
"""All keys, in the order of the documentation. Clients may use others as well; those are passed on and stay."""

USER_PREFIXES = (AVATAR_PREFIX, PLAYAREA_PREFIX, CURSOR_PREFIX, UPDATE_INDEX_PREFIX, USER_ORIGIN_PREFIX)
"""Prefixes of the keys that belong to the user whose id follows."""
