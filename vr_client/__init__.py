"""Hands: clients that pull on atoms, by script, from a browser or from a headset.

    from atomtug.vr_client import Client, abstract, perform

    with Client.connect("localhost:38801") as client:
        outcome = perform(client, lambda frame: abstract(frame, seed=1, site="tertiary"))

What the hands do is a plan (:mod:`~atomtug.vr_client.hands`): a generator that is sent frames and yields
interactions, without a socket. :func:`perform` carries it out on a server.
"""

from atomtug.vr_client.abstraction import abstract
from atomtug.vr_client.client_frame import ClientFrame
from atomtug.vr_client.grpc_client import Client
from atomtug.vr_client.hands import Action, Command, Hands, Plan
from atomtug.vr_client.interaction import Interaction
from atomtug.vr_client.outcome import Outcome
from atomtug.vr_client.perform import perform
from atomtug.vr_client.person import Person
from atomtug.vr_client.play import ScriptReport, play_script
from atomtug.vr_client.script import LetGo, Pull, Run, Script, Wait
from atomtug.vr_client.script_file import load_script, parse_script
from atomtug.vr_client.variations import graze, stretch

__all__ = [
    "Action",
    "Client",
    "ClientFrame",
    "Command",
    "Hands",
    "Interaction",
    "LetGo",
    "Outcome",
    "Person",
    "Plan",
    "Pull",
    "Run",
    "Script",
    "ScriptReport",
    "Wait",
    "abstract",
    "graze",
    "load_script",
    "parse_script",
    "perform",
    "play_script",
    "stretch",
]
