"""Draw docs/architecture.svg: what runs where, which file does it, and how data flow.

python tools/draw_architecture.py
"""

from html import escape
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "docs" / "architecture.svg"
WIDTH, HEIGHT = 1120, 635

STATIONS = ("hand", "interaction", "dynamics(engine)", "frame", "clients and recording", "labels", "data set")
CYCLE = " \u2192 ".join((*STATIONS, "network", "engine"))
ZONES = (  # x, y, width, height, title; the title's distance from the left
    (20, 60, 250, 340, "clients: vr_client/, web/", 14),
    (305, 60, 385, 340, "server process, one event loop: server/", 14),
    (730, 60, 370, 340, "simulation process: server/", 14),
    (20, 450, 1080, 165, "afterwards: recordings/, trainer/, potential/", 280),
)
BOXES = {  # name: (x, y, width, height, title, lines below it)
    "page": (
        35,
        95,
        220,
        78,
        "browser page",
        "web/src/: connection.js reads,",
        "frame.js, molecule_view.js draws",
    ),
    "headset": (35, 186, 220, 56, "headset", "vr_client/xr/"),
    "script": (35, 255, 220, 56, "script or notebook", "vr_client/scripted/, client/"),
    "others": (35, 324, 220, 56, "NanoVer and Narupa apps", "the same protocols"),
    "transport": (
        320,
        95,
        150,
        90,
        "transport",
        "WebSocket, gRPC,",
        "the page, discovery",
        "server/transport/",
    ),
    "session": (505, 95, 170, 90, "session", "state, frames, commands,", "who holds what", "server/session/"),
    "supervisor": (
        515,
        210,
        160,
        90,
        "supervisor",
        "restarts a crashed engine:",
        "server/process/",
        "active_process.py",
    ),
    "recorder": (
        320,
        318,
        355,
        66,
        "recorder, a thread of its own",
        "server/session/recorder.py",
        "keeps on writing what a slow disk holds up",
    ),
    "wire": (
        320,
        203,
        160,
        100,
        "the wire: wire/",
        "every key with its unit:",
        "frame_keys.py,",
        "state_keys.py",
    ),
    "worker": (745, 95, 160, 90, "worker", "orders in, frames out", "server/process/", "worker.py"),
    "dynamics": (745, 225, 160, 90, "dynamics", "integrators.py", "force_laws.py", "server/dynamics/"),
    "engine": (930, 225, 155, 90, "engine", "PM6, a network,", "any ASE calculator", "server/engines/"),
    "files": (
        35,
        495,
        200,
        90,
        "recordings",
        "HDF5, one file a run",
        "recordings/layout.py",
        "recordings/writer.py",
    ),
    "labels": (
        300,
        495,
        200,
        90,
        "labels",
        "which frames: trainer/labels/",
        "DFT: trainer/dft/",
        "its SCF: trainer/dft/scf.py",
    ),
    "sets": (
        565,
        495,
        200,
        90,
        "data sets and training",
        "trainer/data/",
        "trainer/fit/",
        "trainer/evaluation/",
    ),
    "network": (
        830,
        495,
        255,
        90,
        "network potential",
        "descriptor, networks, model file",
        "potential/descriptor.py",
        "potential/model_file.py",
    ),
}
ARROWS = (  # from x, y, to x, y, text, text's x, y, both ways
    (255, 134, 320, 134, "", 0, 0, True),
    (470, 134, 505, 134, "", 0, 0, True),
    (600, 185, 600, 210, "", 0, 0, True),
    (675, 250, 745, 150, "", 0, 0, True),
    (825, 185, 825, 225, "", 0, 0, True),
    (905, 270, 930, 270, "", 0, 0, True),
    (510, 185, 494, 318, "", 0, 0, False),
    (330, 384, 200, 495, "every frame", 300, 430, False),
    (235, 545, 300, 545, "", 0, 0, False),
    (500, 545, 565, 545, "", 0, 0, False),
    (765, 545, 830, 545, "", 0, 0, False),
    (1007, 495, 1007, 315, "the next engine", 1000, 430, False),
)


def text(
    x: float, y: float, said: str, size: int, colour: str, anchor: str = "middle", weight: str = "normal"
) -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" fill="{colour}" text-anchor="{anchor}" font-weight="{weight}">'
        f"{escape(said)}</text>"
    )


def main() -> None:
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="system-ui, sans-serif">',
        "<title>Where what runs in Atomtug, and how data flow</title>",
        "<desc>Clients reach the server's event loop by WebSocket or gRPC. The session passes what they hold to the "
        "simulation process by the supervisor; the worker runs the dynamics, which asks the engine for forces. "
        "Frames come back, go to all clients and to the recording. Recordings are labelled, labels train a "
        "network, and the network is the next engine.</desc>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse"><path d="M0 0 L8 4 L0 8 z" fill="#2f4b7c"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        text(WIDTH / 2, 32, CYCLE, 17, "#222", weight="600"),
    ]
    for x, y, width, height, title, indent in ZONES:
        parts.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" fill="#f3f5fa" stroke="#b8c0d0"/>'
        )
        parts.append(text(x + indent, y + 22, title, 14, "#556", "start"))
    for x1, y1, x2, y2, said, tx, ty, both in ARROWS:
        start = ' marker-start="url(#tip)"' if both else ""
        parts.append(
            f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#2f4b7c" stroke-width="1.8"{start} '
            'marker-end="url(#tip)"/>'
        )
        if said:
            parts.append(text(tx, ty, said, 14, "#2f4b7c", "start" if tx < 900 else "end"))
    for x, y, width, height, title, *lines in BOXES.values():
        parts.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" fill="#fff" stroke="#667"/>'
        )
        parts.append(text(x + width / 2, y + 22, title, 14, "#223", weight="600"))
        parts += [text(x + width / 2, y + 42 + 18 * k, line, 12, "#445") for k, line in enumerate(lines)]
    parts.append("</svg>")
    TARGET.write_text("\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
