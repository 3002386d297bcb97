"""Every command of the wire, with its arguments, results and meaning."""

from collections.abc import Mapping

from atomtug.wire.specification import CommandSpec, Sessions

_LIST: list[CommandSpec] = []


def _command(
    name: str,
    arguments: Mapping[str, str] | None = None,
    results: tuple[str, ...] = (),
    meaning: str = "",
    *,
    own: bool = False,
    sessions: Sessions = "live",
    for_all: bool = False,
    label: str = "",
    icon: str = "",
) -> str:
    """Note the command; return its name, or for a family the prefix that its commands share."""
    _LIST.append(CommandSpec(name, arguments or {}, results, meaning, own, sessions, for_all, label, icon))
    return name.partition("<")[0]


PLAY = _command("playback/play", meaning="run", sessions="both")
PAUSE = _command("playback/pause", meaning="stand still", sessions="both")
STEP = _command("playback/step", meaning="make one frame, then stand still", sessions="both")
STEP_BACK = _command(
    "playback/step_back",
    meaning="recording: show the frame before; live: go back to the last instant remembered",
    sessions="both",
)
SEEK = _command(
    "playback/seek", {"frame": "number"}, meaning="show this frame", own=True, sessions="playback"
)
LOOP = _command(
    "playback/loop",
    {"loop": "truth value; left out: only asked"},
    ("loop",),
    "whether to begin again at the end",
    own=True,
    sessions="playback",
)
OVERVIEW = _command(
    "playback/overview",
    results=("name", "frames", "energies", "runs", "apart"),
    meaning="the whole recording at a glance, as listed below",
    own=True,
    sessions="playback",
)
RESET = _command("playback/reset", meaning="begin again from the start", sessions="both")
LIST_SYSTEMS = _command(
    "playback/list",
    results=("simulations",),
    meaning="names of systems or recordings",
    sessions="both",
    for_all=True,
)
LOAD_SYSTEM = _command(
    "playback/load",
    {"index": "number, counted round", "clear_state": "truth value, also removes selection.*"},
    meaning="begin with another system or recording, and run",
    sessions="both",
)
DESCRIBE_SYSTEMS = _command(
    "system/list",
    results=("systems",),
    meaning="for each of playback/list a map: name, formula, a line about it, elements, positions (nm), bonds",
    own=True,
    for_all=True,
)
LOAD_OWN_SYSTEM = _command(
    "system/load",
    {
        "text": "names or SMILES",
        "file": "what a structure file holds, in place of text",
        "name": "of that file",
        "charge": "number",
        "multiplicity": "number",
    },
    ("index", "name", "charge", "multiplicity", "notes"),
    "begin with a molecule of one's own, and run, where the server was started with --allow-systems",
    own=True,
)
NEXT_SYSTEM = _command("playback/next", meaning="begin with the next one, and run", sessions="both")
GET_FRAME_INTERVAL = _command(
    "trajectory/get-dynamics-interval",
    results=("interval",),
    meaning="s between frames",
    sessions="both",
    for_all=True,
)
SET_FRAME_INTERVAL = _command(
    "trajectory/set-dynamics-interval",
    {"interval": "s"},
    meaning="change the s between frames",
    sessions="both",
)
ORIENT_ORIGINS = _command(
    "multiuser/radially-orient-origins",
    {"radius": "m"},
    meaning="stand the users in a circle",
    sessions="both",
)
START_RECORDING = _command(
    "recording/start",
    {
        "name": "a file's name without folder",
        "file": "the same, for clients whose own call has an argument called name",
    },
    ("path",),
    "begin a recording, after ending the one that runs",
    own=True,
)
STOP_RECORDING = _command("recording/stop", results=("path", "frames"), meaning="end the recording", own=True)
RECORDING_STATUS = _command(
    "recording/status",
    results=("recording", "path", "frames", "error"),
    meaning="whether a recording runs, and why the last one ended",
    own=True,
)
SAVE_LAST = _command(
    "recording/save_last",
    {"name": "a file's name without folder"},
    ("path", "frames", "seconds"),
    "make a recording of the last minute, in which nothing was recorded",
    own=True,
)
LIST_RECORDINGS = _command(
    "recordings/list",
    results=("recordings", "total"),
    meaning="the recordings of the server, the newest first, as listed below; 100 at most",
    own=True,
    sessions="both",
)
READ_RECORDING = _command(
    "recordings/read",
    {
        "name": "a name of recordings/list",
        "format": "h5, extxyz or nanover",
        "offset": "bytes; the next MiB follows",
    },
    ("file", "data", "size"),
    "a part of a recording, to download it: its bytes (base64 text over gRPC), and the bytes of the whole file",
    own=True,
    sessions="both",
)
RENAME_RECORDING = _command(
    "recordings/rename",
    {"name": "a name of recordings/list", "to": "a file's name without folder"},
    ("name",),
    "call a recording something else",
    own=True,
)
DELETE_RECORDING = _command(
    "recordings/delete",
    {"name": "a name of recordings/list"},
    ("name",),
    "delete a recording, where the server was started with --allow-delete",
    own=True,
)
LIST_ENGINES = _command(
    "engine/list",
    results=("engines", "current"),
    meaning="engines that can be loaded",
    own=True,
    for_all=True,
)
LOAD_ENGINE = _command(
    "engine/load",
    {"engine": "a name of engine/list, or two as `mts:SLOW/CHEAP?n=STEPS`"},
    ("engine", "settings"),
    "change engines; answered when the new one computes the frames",
    own=True,
)
ENGINE_STATUS = _command(
    "engine/status",
    results=(
        "engine",
        "settings",
        "uncertainty_limit",
        "when_unsure",
        "unsure",
        "candidates",
        "system",
        "playing",
        "steps_per_second",
        "steps_per_second_asked",
        "exception",
        "clients",
        "dynamics",
        "charge",
        "multiplicity",
    ),
    meaning="engine, speed asked and reached, settings of the dynamics, charge and multiplicity of the system",
    own=True,
    for_all=True,
)
SET_DYNAMICS = _command(
    "dynamics/set",
    {
        "temperature": "K",
        "friction": "1/ps",
        "timestep": "fs",
        "thermostat": "langevin, nve or relax",
        "steps_per_frame": "whole number",
        "force_law": "narupa or nanover-2026",
        "force_cap": "kJ/mol/nm, no hand pulls an atom harder",
    },
    ("temperature", "friction", "timestep", "thermostat", "steps_per_frame", "force_law", "force_cap"),
    "change those given; answered with those in force",
    own=True,
)
SAVE_CHECKPOINT = _command("checkpoint/save", results=("count",), meaning="remember this instant", own=True)
RESTORE_CHECKPOINT = _command(
    "checkpoint/restore", results=("count",), meaning="go back to the last instant remembered", own=True
)
USER_UNDO = _command(
    "user/undo",
    results=("result",),
    meaning="checkpoint/restore for the menu of a headset app; answered with a sentence",
    own=True,
    label="Undo",
    icon="↩️",
)
USER_RECORD = _command(
    "user/record",
    results=("result",),
    meaning="begin or end a recording from the menu of a headset app; answered with a sentence",
    own=True,
    label="Record, or stop",
    icon="⏺️",
)
USER_RELAX = _command(
    "user/relax",
    results=("result",),
    meaning="let the molecule run downhill all the time, or move again; answered with a sentence",
    own=True,
    label="Relax, or move",
    icon="🧘",
)
START_LEARNING = _command(
    "learning/start",
    results=("present", "wanted", "text", "figures"),
    meaning="let the network learn from what it is not sure of; refused where no learner is connected",
    own=True,
)
STOP_LEARNING = _command(
    "learning/stop",
    results=("present", "wanted", "text", "figures"),
    meaning="let it learn no more until it is asked to; what is under way is finished",
    own=True,
)
LEARNING_STATUS = _command(
    "learning/status",
    results=("present", "wanted", "text", "figures"),
    meaning="whether there is a learner, and what it said last",
    own=True,
    for_all=True,
)
REPORT_LEARNING = _command(
    "learning/report",
    {"text": "a sentence for people", "figures": "map of numbers and names"},
    ("wanted",),
    "from the learner, every few seconds; answered with whether it is to go on",
    own=True,
)
USER_LEARN = _command(
    "user/learn",
    results=("result",),
    meaning="learning/start or learning/stop for the menu of a headset app; answered with a sentence",
    own=True,
    label="Learn, or stop",
    icon="🎓",
)
USER_ENGINE_PREFIX = _command(
    "user/engine/<name>",
    results=("result",),
    meaning="engine/load for the menu of a headset app, one for each engine; answered with a sentence",
    own=True,
    label="Engine: <name>",
    icon="⚙️",
)
SHARE_LINKS = _command(
    "share/links",
    results=("own", "pull", "watch"),
    meaning="links to the page for those who may do everything, pull, or watch; empty where no token gives that",
    own=True,
    sessions="both",
)

COMMANDS = tuple(_LIST)
"""All commands, in the order of the documentation."""
FOR_ALL = frozenset(command.name for command in COMMANDS if command.for_all)
"""Commands that clients may run who may only watch."""
_MENU = [command for command in COMMANDS if command.label]


def menu_entry(name: str) -> dict[str, str]:
    """Label and icon of a command that headset apps show in their menu; empty for others."""
    for command in _MENU:
        prefix, family, _ = command.name.partition("<")
        if name == command.name or (family and name.startswith(prefix)):
            label = command.label.replace("<name>", name.removeprefix(prefix))
            return {"label": label, "icon": command.icon}
    return {}


LIST_COMMANDS = "commands/list"
"""What WebSocket clients ask for the list of commands; gRPC has a call for it."""
