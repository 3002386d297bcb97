"""What clients hold, without a server: who may hold how much, and what is new about it."""

import pytest

from atomtug.core.errors import InputError
from atomtug.server.session.interaction_registry import MAX_INTERACTIONS, MAX_TOGETHER, Grips

ATOMS = 7


def spring(atom=0, **more):
    return {"interaction_type": "spring", "particles": [atom], "position": [0, 0, 0], **more}


def change(grips, peer, **changes):
    named = {f"interaction.{key}": value for key, value in changes.items()}
    return grips.take(peer, named, grips.parse(peer, named, ATOMS))


@pytest.fixture
def grips() -> Grips:
    return Grips()


def test_the_first_to_take_hold_is_told_apart(grips):
    assert change(grips, "me", a=None) == (False, [], [])
    assert change(grips, "me", a=spring()) == (True, ["interaction.a"], [])
    assert change(grips, "you", b=spring(1)) == (False, ["interaction.b"], [])
    assert change(grips, "me", a=None, b=None) == (False, [], ["interaction.a", "interaction.b"])
    assert change(grips, "you", b=spring(1)).first


def test_a_hand_that_only_moves_is_no_news(grips):
    change(grips, "me", a=spring())
    assert change(grips, "me", a=spring(position=[1, 0, 0])) == (False, [], [])
    assert change(grips, "me", a=spring(scale=5.0)).changed == ["interaction.a"]
    assert change(grips, "me", a=spring(2, scale=5.0)).changed == ["interaction.a"]


def test_what_is_not_an_interaction_is_let_pass(grips):
    assert grips.parse("me", {"avatar.me": {"name": "x"}, "interaction.a": None}, ATOMS) == {
        "interaction.a": None
    }


def test_nothing_is_taken_before_it_is_agreed(grips):
    grips.parse("me", {"interaction.a": spring()}, ATOMS)
    assert grips.interactions == {}
    with pytest.raises(InputError, match="no atom 7"):
        grips.parse("me", {"interaction.a": spring(), "interaction.b": spring(ATOMS)}, ATOMS)


def test_an_interaction_is_described_by_who_made_it_and_what_it_means_but_not_by_where(grips):
    said = spring(3, **{"owner.id": "anna", "colour": "red"})
    change(grips, "127.0.0.1:5", a=said)
    facts = grips.describe("interaction.a", said)
    assert facts["owner"] == "anna"
    assert facts["colour"] == "red"
    assert (facts["scale"], facts["max_force"]) == (1.0, 20000.0)  # not said, but meant
    assert "position" not in facts
    change(grips, "127.0.0.1:6", a=spring(3))
    assert grips.describe("interaction.a", spring(3))["owner"] == "127.0.0.1:6"


def test_one_client_may_hold_so_much_and_all_together_so_much(grips):
    change(grips, "greedy", **{f"g{k}": spring() for k in range(MAX_INTERACTIONS)})
    with pytest.raises(InputError, match=f"One client may have {MAX_INTERACTIONS}"):
        change(grips, "greedy", more=spring())
    change(grips, "greedy", g0=spring(1))  # what is there may change
    change(grips, "other", more=spring())
    held = MAX_INTERACTIONS + 1
    for peer in range(100):
        room = min(MAX_INTERACTIONS, MAX_TOGETHER - held)
        change(grips, f"peer {peer}", **{f"{peer}-{k}": spring() for k in range(room)})
        held += room
    with pytest.raises(InputError, match=f"All clients together may have {MAX_TOGETHER}"):
        change(grips, "late", late=spring())
    change(grips, "greedy", g0=None)
    change(grips, "late", late=spring())


def test_another_client_that_moves_a_hand_counts_it_as_its_own(grips):
    change(grips, "me", **{f"m{k}": spring() for k in range(MAX_INTERACTIONS)})
    change(grips, "you", m0=spring())
    change(grips, "me", more=spring())
