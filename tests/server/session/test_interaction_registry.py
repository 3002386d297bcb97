"""What clients hold, without a server: who may hold how much, and what is new about it."""

import pytest

from atomtug.core.errors import InputError
from atomtug.server.session.interaction_registry import (
    MAX_INTERACTIONS,
    MAX_INTERACTIONS_EACH,
    InteractionRegistry,
)
from atomtug.server.session.ledger import Ledger
from atomtug.server.session.refusals import KeysRefused

ATOMS = 7


def spring(atom=0, **more):
    return {"interaction_type": "spring", "particles": [atom], "position": [0, 0, 0], **more}


def usable(registry, peer, changes):
    """The interactions that are parsed; each must be."""
    parsed, refused = registry.parse(peer, changes, ATOMS)
    if refused:
        raise KeysRefused(refused)
    return parsed


def change(registry, peer, **changes):
    named = {f"interaction.{key}": value for key, value in changes.items()}
    parsed = usable(registry, peer, named)
    registry._ledger.record(peer, named)
    return registry.update(parsed)


@pytest.fixture
def registry() -> InteractionRegistry:
    return InteractionRegistry(Ledger())


def test_the_first_to_take_hold_is_told_apart(registry):
    assert change(registry, "me", a=None) == (False, [], [])
    assert change(registry, "me", a=spring()) == (True, ["interaction.a"], [])
    assert change(registry, "you", b=spring(1)) == (False, ["interaction.b"], [])
    assert change(registry, "me", a=None, b=None) == (False, [], ["interaction.a", "interaction.b"])
    assert change(registry, "you", b=spring(1)).is_first


def test_a_hand_that_only_moves_is_no_news(registry):
    change(registry, "me", a=spring())
    assert change(registry, "me", a=spring(position=[1, 0, 0])) == (False, [], [])
    assert change(registry, "me", a=spring(scale=5.0)).changed == ["interaction.a"]
    assert change(registry, "me", a=spring(2, scale=5.0)).changed == ["interaction.a"]


def test_what_is_not_an_interaction_is_let_pass(registry):
    assert usable(registry, "me", {"avatar.me": {"name": "x"}, "interaction.a": None}) == {
        "interaction.a": None
    }


def test_nothing_is_taken_before_it_is_agreed(registry):
    usable(registry, "me", {"interaction.a": spring()})
    assert registry.interactions == {}
    with pytest.raises(InputError, match="no atom 7"):
        usable(registry, "me", {"interaction.a": spring(), "interaction.b": spring(ATOMS)})


def test_one_that_can_not_be_used_leaves_the_others_usable(registry):
    wanted = {"interaction.a": spring(), "interaction.b": spring(ATOMS), "interaction.c": None}
    parsed, refused = registry.parse("me", wanted, ATOMS)
    assert list(parsed) == ["interaction.a", "interaction.c"]
    assert list(refused) == ["interaction.b"]
    assert "no atom 7" in refused["interaction.b"]


def test_those_beyond_the_limit_are_refused_and_those_within_it_are_not(registry):
    wanted = {f"interaction.{k}": spring() for k in range(MAX_INTERACTIONS_EACH + 2)}
    parsed, refused = registry.parse("me", wanted, ATOMS)
    assert (len(parsed), len(refused)) == (MAX_INTERACTIONS_EACH, 2)


def test_an_interaction_is_described_by_who_made_it_and_what_it_means_but_not_by_where(registry):
    said = spring(3, **{"owner.id": "anna", "colour": "red"})
    change(registry, "127.0.0.1:5", a=said)
    facts = registry.describe("interaction.a", said)
    assert facts["owner"] == "anna"
    assert facts["colour"] == "red"
    assert (facts["scale"], facts["max_force"]) == (1.0, 20000.0)  # not said, but meant
    assert "position" not in facts
    change(registry, "127.0.0.1:6", a=spring(3))
    assert registry.describe("interaction.a", spring(3))["owner"] == "127.0.0.1:6"


def test_one_client_may_hold_so_much_and_all_together_so_much(registry):
    change(registry, "greedy", **{f"g{k}": spring() for k in range(MAX_INTERACTIONS_EACH)})
    with pytest.raises(InputError, match=f"One client may have {MAX_INTERACTIONS_EACH}"):
        change(registry, "greedy", more=spring())
    change(registry, "greedy", g0=spring(1))  # what is there may change
    change(registry, "other", more=spring())
    held = MAX_INTERACTIONS_EACH + 1
    for peer in range(100):
        room = min(MAX_INTERACTIONS_EACH, MAX_INTERACTIONS - held)
        change(registry, f"peer {peer}", **{f"{peer}-{k}": spring() for k in range(room)})
        held += room
    with pytest.raises(InputError, match=f"All clients together may have {MAX_INTERACTIONS}"):
        change(registry, "late", late=spring())
    change(registry, "greedy", g0=None)
    change(registry, "late", late=spring())


def test_another_client_that_moves_a_hand_counts_it_as_its_own(registry):
    change(registry, "me", **{f"m{k}": spring() for k in range(MAX_INTERACTIONS_EACH)})
    change(registry, "you", m0=spring())
    change(registry, "me", more=spring())


def test_two_clients_that_take_over_each_others_hands_have_no_more_than_each_may(registry):
    change(registry, "me", **{f"k{k}": spring() for k in range(MAX_INTERACTIONS_EACH)})
    change(registry, "you", other=spring())
    hands = {f"interaction.k{k}": spring() for k in range(MAX_INTERACTIONS_EACH)}
    parsed, refused = registry.parse("you", hands, ATOMS)
    assert (len(parsed), len(refused)) == (MAX_INTERACTIONS_EACH - 1, 1)
