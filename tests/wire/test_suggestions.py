"""What may be suggested to headset apps."""

import pytest

from atomtug.core.errors import InputError
from atomtug.wire.suggestions import FLAGS, NUMBERS, suggestion


def test_numbers_are_floats_and_flags_truth_values():
    assert {name: suggestion(name, "1") for name in NUMBERS} == dict.fromkeys(NUMBERS, 1.0)
    assert {name: suggestion(name, "True") for name in FLAGS} == dict.fromkeys(FLAGS, True)
    assert isinstance(suggestion("interaction.scale", "100"), float)
    assert suggestion("interaction.type", "constant") == "constant"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("interaction.scale", "much"),
        ("interaction.scale", "nan"),
        ("passthrough", "2"),
        ("box.locked", "1"),
        ("interaction.type", "rope"),
        ("colour", "red"),
    ],
)
def test_what_no_app_understands_is_refused_with_what_there_is(name, text):
    with pytest.raises(InputError, match=r"must be|there are"):
        suggestion(name, text)
