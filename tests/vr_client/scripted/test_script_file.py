import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomtug.core.errors import InputError
from atomtug.vr_client import LetGo, Pull, RunCommand, Script, Wait, load_script, parse_script
from atomtug.vr_client.scripted.condition import Condition

FULL = """
name = "all of it"

[[step]]
hold = "CH4:C"
hand = "left"

[[step]]
pull = "CN:C"
toward = "CH4:H2"
k = 8000
speed = 10
max_force = 3000
until = "r(CN:C, CH4:H2) < 1.2"
timeout = 2.0

[[step]]
pull = ["CN:C", 6]
by = [1, 0.5, 0]

[[step]]
pull = 0
to = [0.0, 0.0, 3.0]

[[step]]
wait = 0.5

[[step]]
wait = "t > 0.1"
timeout = 1

[[step]]
let_go = "left"

[[step]]
let_go = true

[[step]]
run = "dynamics/set"
arguments = {temperature = 350}
"""


def test_every_kind_of_step_is_read():
    assert parse_script(FULL) == Script(
        (
            Pull("CH4:C", by=(0.0, 0.0, 0.0), hand="left"),
            Pull(
                "CN:C",
                toward="CH4:H2",
                k=8000.0,
                speed=10.0,
                max_force=3000.0,
                until=Condition("r(CN:C, CH4:H2) < 1.2"),
                timeout=2.0,
            ),
            Pull(("CN:C", 6), by=(1.0, 0.5, 0.0)),
            Pull(0, to=(0.0, 0.0, 3.0)),
            Wait(0.5),
            Wait(1.0, Condition("t > 0.1")),
            LetGo("left"),
            LetGo(),
            RunCommand("dynamics/set", {"temperature": 350}),
        ),
        "all of it",
    )


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ("", "Step 2 says nothing to do: it must have exactly one of pull, hold, let_go, wait, run."),
        ("pull = 1\nwait = 1", "Step 2 says pull and wait"),
        ("pull = 1", "Step 2 (pull): pull needs exactly one of toward, to and by; it has none."),
        (
            'pull = 1\ntowards = "H4"',
            "Step 2 (pull): towards is not known here: use pull, toward, to, by, speed",
        ),
        ("pull = 1\ntoward = 2\nby = [0, 0, 1]", "exactly one of toward, to and by; it has toward and by."),
        ("pull = 1\ntoward = 2\nk = -5", "Step 2 (pull): k must be a number above 0, not -5."),
        ("pull = 1\ntoward = 2\nk = nan", "k must be a number above 0, not nan."),
        ("pull = 1\ntoward = 2\nk = true", "k must be a number above 0, not True."),
        ("pull = 1\ntoward = 2\nspeed = inf", "speed must be a number above 0, not inf."),
        ("pull = 1\ntoward = 2\nstrength = 5", "strength is not known here: use pull, toward, to, by, speed"),
        ("pull = 1.5\ntoward = 2", "pull must be an index, RESIDUE:ATOM or a list of these, not 1.5."),
        ("pull = []\ntoward = 2", "pull must be an index"),
        ("pull = 1\nto = [1, 2]", "to must be three numbers [x, y, z] in angstrom, not [1, 2]."),
        ('pull = 1\nto = [1, 2, "3"]', "to must be three numbers"),
        ('pull = 1\ntoward = 2\nuntil = "r(1) < 2"', "Step 2 (pull): The condition 'r(1) < 2'"),
        ("pull = 1\ntoward = 2\nuntil = 3", "until must be text, not 3."),
        ("let_go = false", "let_go must be a hand's name, or true for all, not False."),
        ("wait = 0", "Step 2 (wait): wait must be a number above 0, not 0."),
        ('run = "x"\narguments = 3', "arguments must be a table, like {index = 1}, not 3."),
        ("run = 3", "run must be text, not 3."),
    ],
)
def test_a_mistake_names_its_step(step, sentence):
    with pytest.raises(InputError) as caught:
        parse_script(f"[[step]]\nwait = 1\n[[step]]\n{step}\n")
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[step", "The script script is not TOML"),
        ("", "The script script has no steps"),
        ("steps = 1", "has steps at its top"),
        ("step = 1", "a malformed name or step"),
        ("step = [1]", "Step 1 says nothing to do"),
    ],
)
def test_a_file_that_is_no_script_is_refused(text, sentence):
    with pytest.raises(InputError, match=sentence):
        parse_script(text)


def test_a_script_is_called_after_its_file(tmp_path):
    path = tmp_path / "tug.toml"
    path.write_text("[[step]]\nwait = 1\n")
    assert load_script(path).name == "tug"


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"The script .*none\.toml can't be read"):
        load_script(tmp_path / "none.toml")
    with pytest.raises(InputError, match=r"tug is no script: use abstract, graze, stretch or a \.toml file"):
        load_script("tug")


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
toml_values = st.recursive(
    plain.filter(lambda value: value is not None), lambda inner: st.lists(inner, max_size=3), max_leaves=3
)
keys = st.sampled_from(
    [
        "pull",
        "hold",
        "let_go",
        "wait",
        "run",
        "toward",
        "to",
        "by",
        "k",
        "until",
        "timeout",
        "hand",
        "arguments",
    ]
)


def to_toml(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(c):08x}" for c in value if not 0xD800 <= ord(c) < 0xE000) + '"'
    if isinstance(value, list):
        return "[" + ", ".join(map(to_toml, value)) + "]"
    return repr(value)


@given(st.lists(st.dictionaries(keys, toml_values, max_size=4), max_size=3))
def test_any_steps_make_a_script_or_a_sentence(steps):
    text = "\n".join(
        "[[step]]\n" + "\n".join(f"{key} = {to_toml(value)}" for key, value in step.items()) for step in steps
    )
    with contextlib.suppress(InputError):  # anything else that is raised fails the test
        assert len(parse_script(text).steps) == len(steps)
