"""A recording's summary in words."""

import re

from atomtug.core.systems.electronic_state import state_in_words
from atomtug.core.text import counted
from atomtug.recordings.pulls import RecordedPull
from atomtug.recordings.summary import Summary

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_MOST = 12
"""The most lines that are printed of one kind; where there are more, their number follows."""


def describe(summary: Summary) -> str:
    """Some twenty lines for a terminal."""
    lines = [summary.path]
    lines += [f"  {name:<11} {text}" for name, text in _facts(summary) if text]
    lines += _section("Pulls", [_pull(pull) for pull in summary.pulls], "nobody pulled")
    changes = [
        f"{change.time_ps:7.3f} ps  {change.name} {'formed' if change.made else 'broke'}"
        for change in summary.bond_changes
    ]
    lines += _section("Bonds", changes, "none made or broken")
    if summary.products:
        verb = "ends as" if summary.bond_changes else "stays"
        lines.append(f"  {verb} {summary.products}")
    if summary.state_changes:
        changes = [
            f"{change.time_ps:7.3f} ps  {change.fall_kcal_mol:.1f} kcal/mol lower ({change.way})"
            for change in summary.state_changes
        ]
        lines += _section("Electronic state", changes, "")
    if summary.exceptions:
        lines += _section("Trouble", summary.exceptions, "")
    return "\n".join(lines)


def _facts(summary: Summary) -> list[tuple[str, str]]:
    state = state_in_words(summary.charge, summary.multiplicity)
    return [
        ("system", f"{summary.system}: {summary.formula} ({counted(summary.atoms, 'atom')}, {state})"),
        *(("note", note) for note in summary.notes),
        ("engine", _engine(summary)),
        ("dynamics", _dynamics(summary)),
        ("length", _length(summary)),
        ("apart", _apart(summary)),
        ("energy", _energy(summary)),
        ("spin", _spin(summary)),
        ("recorded", _recorded(summary)),
        ("file", _file(summary)),
    ]


def _engine(summary: Summary) -> str:
    settings = summary.engine_settings
    program = " ".join(str(settings[key]) for key in ("program", "version") if key in settings)
    level = ", ".join(part for part in (program, str(settings.get("spin_mode", ""))) if part)
    names = ", then ".join(name for name in summary.engines if name) or "unknown"
    return f"{names} ({level})" if level else names


def _dynamics(summary: Summary) -> str:
    said = summary.dynamics
    parts = []
    if "thermostat" in said:
        called = {"nve": "constant energy", "relax": "relaxation"}
        parts.append(called.get(said["thermostat"], str(said["thermostat"])))
    if "temperature" in said and said.get("thermostat") != "relax":
        parts.append(f"{said['temperature']:g} K")
    if "timestep" in said:
        parts.append(f"{said['timestep']:g} fs steps")
    if said.get("cool_after_pull"):
        parts.append(f"cooled after pulls at {said['cool_after_pull']:g}/ps")
    if summary.seed is not None:
        parts.append(f"seed {summary.seed}")
    if summary.temperature_mean is not None:
        parts.append(f"{summary.temperature_mean:.0f} K on average")
    return ", ".join(parts)


def _length(summary: Summary) -> str:
    if not summary.frames:
        return "no frames yet"
    if summary.frames == 1:
        return "one frame"
    apart = 1000.0 * summary.duration_ps / (summary.frames - 1)
    resets = f", {counted(summary.resets, 'reset')}" if summary.resets else ""
    return f"{summary.duration_ps:.3f} ps in {summary.frames} frames, one each {apart:.2g} fs{resets}"


def _apart(summary: Summary) -> str:
    if not summary.apart:
        return ""
    frames = counted(summary.apart, "frame")
    return f"in {frames} at the end fragments have flown apart: they are kept, and not labelled"


def _energy(summary: Summary) -> str:
    lowest, highest, last = (
        summary.energy_lowest_kcal_mol,
        summary.energy_highest_kcal_mol,
        summary.energy_last_kcal_mol,
    )
    if lowest is None or highest is None or last is None:
        return ""
    return f"{lowest:+.1f} to {highest:+.1f} kcal/mol from the first frame, at the end {last:+.1f}"


def _spin(summary: Summary) -> str:
    highest, spin = summary.spin_square_highest, (summary.multiplicity - 1) / 2
    return "" if highest is None else f"<S^2> at most {highest:.2f}, {spin * (spin + 1):.2f} if pure"


def _recorded(summary: Summary) -> str:
    when = summary.created.replace("T", " ").replace("+00:00", " UTC")
    version = summary.versions.get("atomtug", "")
    rate = f", {summary.frames_per_second:.3g} frames/s" if summary.frames_per_second else ""
    return f"{when} by atomtug {version}{rate}"


def _file(summary: Summary) -> str:
    size = f"{summary.bytes / 1e6:.3g} MB"
    return {
        "closed": f"{size}, closed properly",
        "live": f"{size}, being written now",
        "not closed": f"{size}, not closed: its writer was killed; all up to its last flush is here",
    }[summary.state]


def _pull(pull: RecordedPull) -> str:
    atoms = ", ".join(pull.names[:4]) + (f" and {len(pull.names) - 4} more" if len(pull.names) > 4 else "")
    by = f" by {pull.kind}" if pull.kind else ""
    femtoseconds = 1000.0 * (pull.end_ps - pull.start_ps)
    return (
        f"{short(pull.owner)} ({pull.label or short(pull.key)}) pulled {atoms}{by}: "
        f"{pull.start_ps:.3f}-{pull.end_ps:.3f} ps ({femtoseconds:.0f} fs), "
        f"{pull.work_kcal_mol:.1f} kcal/mol of work, at most {pull.peak_force_nn:.2g} nN"
    )


def short(name: str) -> str:
    """A name with each UUID in it cut down to its first eight digits."""
    return _UUID.sub(lambda found: found.group()[:8], name)


def _section(title: str, lines: list[str], none: str) -> list[str]:
    shown = [f"  {line}" for line in lines[:_MOST]] or [f"  {none}"]
    if len(lines) > _MOST:
        shown.append(f"  ... {len(lines)} in all")
    return ["", title, *shown]
