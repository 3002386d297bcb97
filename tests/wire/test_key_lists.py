"""There is one list of keys and commands: the documentation, the page and the Python code agree with it."""

import ast
import re
from pathlib import Path

import pytest

from atomtug.wire import command_names, frame_keys, interactions, state_keys
from atomtug.wire.command_names import COMMANDS
from atomtug.wire.frame_keys import FRAME_KEYS
from atomtug.wire.interactions import INTERACTION_FIELDS
from atomtug.wire.packing import PACKED
from atomtug.wire.state_keys import STATE_KEYS

ROOT = Path(__file__).parents[2]
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
CODE = ("cli", "core", "recordings", "server", "trainer", "vr_client", "workflows")
KEY = re.compile(r"[a-z][a-z_-]*([./][a-z_-]+)+")


def rows(heading: str) -> list[list[str]]:
    """The cells of a section's table, without its head."""
    section = PROTOCOL.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def marked(name: str, own: bool) -> str:
    return f"**+** `{name}`" if own else f"`{name}`"


def test_the_documentation_lists_each_frame_key_once_with_its_type_and_unit():
    documented = [tuple(row[:3]) for row in rows("Frames")]
    assert documented == [(marked(key.name, key.own), key.kind, key.unit) for key in FRAME_KEYS]


def test_the_documentation_lists_each_state_key_once_with_type_unit_and_writer():
    documented = [tuple(row[:4]) for row in rows("Shared state")]
    assert documented == [(marked(key.name, key.own), key.kind, key.unit, key.writer) for key in STATE_KEYS]


def test_the_documentation_lists_each_field_of_an_interaction_once():
    documented = [tuple(row[:3]) for row in rows("Interactions")]
    assert documented == [(f"`{field.name}`", field.kind, field.unit) for field in INTERACTION_FIELDS]
    for row, field in zip(rows("Interactions"), INTERACTION_FIELDS, strict=True):
        if field.default is None:
            assert row[3] == ""
        else:
            written = ast.literal_eval({"true": "True", "false": "False"}.get(row[3][1:-1], row[3][1:-1]))
            assert written == (list(field.default) if isinstance(field.default, tuple) else field.default)


def test_the_documentation_lists_each_command_once_with_arguments_results_and_session():
    documented = [(row[0], row[1], re.findall(r"`(\w+)`", row[2]), row[3]) for row in rows("Commands")]
    assert documented == [
        (
            marked(command.name, command.own),
            ", ".join(f"`{name}`: {what}" for name, what in command.arguments.items()),
            list(command.results),
            command.sessions,
        )
        for command in COMMANDS
    ]


@pytest.mark.parametrize("listed", [FRAME_KEYS, STATE_KEYS, COMMANDS, INTERACTION_FIELDS])
def test_no_name_is_listed_twice_and_each_has_a_meaning(listed):
    names = [each.name for each in listed]
    assert len(set(names)) == len(names)
    assert all(each.meaning for each in listed)


def test_each_constant_is_the_name_of_a_listed_key():
    for module, listed in ((frame_keys, FRAME_KEYS), (command_names, COMMANDS), (state_keys, STATE_KEYS)):
        constants = {
            value for name, value in vars(module).items() if name.isupper() and isinstance(value, str)
        }
        names = {re.split(r"[<*]", each.name)[0] for each in listed}
        assert constants - {command_names.LIST_COMMANDS} == names
    fields = {interactions.POSITION, interactions.PARTICLES, interactions.OWNER, interactions.LABEL}
    assert fields <= {field.name for field in INTERACTION_FIELDS}


def test_exactly_the_arrays_of_numbers_are_packed():
    assert set(PACKED) == {key.name for key in FRAME_KEYS if key.kind in ("floats", "indices")}


def test_each_need_of_a_client_that_is_ticked_has_its_test():
    needs = rows("What each client needs")
    assert len(needs) >= 5
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    for _, need, tick, test in needs:
        assert tick in ("✓", ""), need
        assert bool(tick) == bool(test), need
        assert not test or f"def {test.strip('`')}(" in sources, test


# Where else the names could be written ------------------------------------------------------------------


def names_listed() -> set[str]:
    """Every name of the wire; families of keys by their prefix."""
    listed = {each.name for each in (*FRAME_KEYS, *COMMANDS)} | {command_names.LIST_COMMANDS}
    return listed | {re.split(r"[<*]", key.name)[0] for key in STATE_KEYS}


def test_no_python_module_writes_a_name_of_the_wire_itself():
    names = {name for name in names_listed() if KEY.match(name) or name.endswith(".")}
    found = []
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and node.value in names:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}: {node.value}")
    assert not found


def page_strings() -> list[tuple[str, str]]:
    """(file, text) of each string of the page's source that looks like a key or command."""
    found = []
    for path in sorted((ROOT / "web" / "src").rglob("*.js")):
        source = re.sub(r"//[^\n]*|/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for text in re.findall(r"[\"'`]([a-z][a-z_-]*[./][a-z_./-]*)(?:\$\{[^}]*\})?[\"'`]", source):
            found.append((path.name, text))
    return found


def test_the_page_uses_no_key_or_command_that_is_not_listed():
    roots = {re.split(r"[./]", name)[0] for name in names_listed()}
    used = [(file, text) for file, text in page_strings() if re.split(r"[./]", text)[0] in roots]
    assert len(used) > 20
    assert [each for each in used if each[1] not in names_listed() | {interactions.OWNER}] == []


def test_the_page_unpacks_the_arrays_that_are_packed_as_they_are_packed():
    source = (ROOT / "web" / "src" / "frame.js").read_text(encoding="utf-8")
    sets = dict(re.findall(r"const (\w+) = new Set\(\[(.*?)\]\)", source, flags=re.DOTALL))
    unpacked = {name: set(re.findall(r"\"([^\"]+)\"", text)) for name, text in sets.items()}
    assert unpacked["FLOATS"] == {key for key, packing in PACKED.items() if packing == "<f4"}
    assert unpacked["INDICES"] == {key for key, packing in PACKED.items() if packing == "<u4"}
