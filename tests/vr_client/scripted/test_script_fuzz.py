"""Whatever is in a TOML file: a script (or options), or a sentence."""

import contextlib
import string

from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st

from atomtug.cli import cli
from atomtug.core.errors import InputError
from atomtug.vr_client.scripted.script_file import load_script, parse_script

PIECES = [
    "[[step]]\n",
    "[step]\n",
    "[",
    "]",
    "=",
    "{",
    "}",
    '"',
    "'''",
    "\n",
    "#",
    ",",
    ".",
    "1e999",
    "nan",
    "-0",
]
PIECES += [
    "pull",
    "toward",
    "to",
    "until",
    "wait",
    "run",
    "name",
    "let_go",
    "[0, 1]",
    '"CN:C"',
    "2026-01-01",
    "true",
]
texts = st.lists(st.sampled_from(PIECES) | st.text(string.printable, max_size=4), max_size=15).map("".join)


@settings(max_examples=200)
@given(texts)
@example("step = " + "[" * 5000 + "]" * 5000)
@example("a = " + "{a=" * 2000)
@example("[[step]]\nwait = " + "9" * 5000)
@example("[[step]]\npull = 0\ntoward = 1\nuntil = " + '"' + "(" * 3000 + '"')
@example("[[step]]\npull = 0\ntoward = 1\nuntil = " + '"' + "not " * 3000 + '"')
def test_any_text_is_a_script_or_a_sentence(text):
    with contextlib.suppress(InputError):
        assert parse_script(text).steps


@settings(max_examples=50)
@given(content=st.binary(max_size=100))
@example(content=b"\xff\xfe")
@example(content=b"\x00")
def test_any_bytes_are_a_script_or_a_sentence(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzz.toml"
    path.write_bytes(content)
    with contextlib.suppress(InputError):
        assert load_script(path).steps


@settings(max_examples=80)
@given(text=texts)
@example(text="serve = 3")
@example(text="[serve]\ntemperature = 'hot'")
@example(text="a = " + "[" * 5000)
def test_any_text_as_options_is_taken_or_refused(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "options.toml"
    path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(cli, ["--config", str(path), "systems"])
    assert result.exit_code in (0, 2)
    assert result.exit_code == 0 or "Traceback" not in result.output
