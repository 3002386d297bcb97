"""What is sent to a server while a plan is carried out."""

from dataclasses import replace
from itertools import repeat

import numpy as np
import pytest

from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.client.interaction import Interaction
from atomtug.vr_client.scripted.hands import Action
from atomtug.vr_client.scripted.perform import perform

HAND = Interaction((0,), np.zeros(3), k=1000.0, kind="distance")


class Recorded:
    """A client that notes what it is to send."""

    owner = "me"

    def __init__(self) -> None:
        self.sent: list[Interaction | None] = []

    def wait_for_frame(self) -> ClientFrame:
        return ClientFrame()

    def frames(self, timeout):
        return repeat(ClientFrame())

    def run(self, name, **arguments):
        pass

    def change_interactions(self, changes) -> None:
        self.sent += changes.values()


def holding(frame, *hands):
    for hand in hands:
        yield Action({"right": hand})


@pytest.mark.parametrize(
    "change",
    [
        {"position": np.ones(3)},
        {"particles": (1,)},
        {"k": 2000.0},
        {"max_force": 1.0},
        {"kind": "spring"},
        {"length": 2.0},
        {"damping": 5.0},
        {"counter_particles": (2,)},
        {"label": "left"},
    ],
)
def test_whatever_changes_of_a_hand_is_sent_and_what_stays_is_not(change):
    client, other = Recorded(), replace(HAND, **change)
    perform(client, lambda frame: holding(frame, HAND, replace(HAND, position=np.zeros(3)), other, other))
    assert len(client.sent) == 3
    assert all(sent is done for sent, done in zip(client.sent, (HAND, other, None), strict=True))
