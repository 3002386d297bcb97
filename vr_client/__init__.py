"""Clients that pull on atoms: by script, or with a headset.

    from atomtug.vr_client import Client, abstract, perform

    with Client.connect("localhost:38801") as client:
        outcome = perform(client, lambda frame: abstract(frame, seed=1, site="tertiary"))

Three rooms: ``client`` is the gRPC client and its frames, ``scripted`` has plans, scripts and trials, ``xr`` is the
headset. What scripted hands do is a plan (:mod:`~atomtug.vr_client.scripted.hands`): a generator that is sent frames
and yields interactions, without a socket. :func:`perform` carries it out on a server.
"""

from atomtug.vr_client.client.client_frame import ClientFrame
from atomtug.vr_client.client.command_call import CommandCall
from atomtug.vr_client.client.grpc_client import Client
from atomtug.vr_client.client.interaction import Interaction
from atomtug.vr_client.scripted.abstraction import abstract
from atomtug.vr_client.scripted.hands import Action, Plan, ScriptedHands
from atomtug.vr_client.scripted.outcome import Outcome
from atomtug.vr_client.scripted.perform import perform
from atomtug.vr_client.scripted.person import Person
from atomtug.vr_client.scripted.play import ScriptReport, play_script
from atomtug.vr_client.scripted.script import LetGo, Pull, RunCommand, Script, Wait
from atomtug.vr_client.scripted.script_file import load_script, parse_script
from atomtug.vr_client.scripted.variations import graze, stretch

__all__ = [
    "Action",
    "Client",
    "ClientFrame",
    "CommandCall",
    "Interaction",
    "LetGo",
    "Outcome",
    "Person",
    "Plan",
    "Pull",
    "RunCommand",
    "Script",
    "ScriptReport",
    "ScriptedHands",
    "Wait",
    "abstract",
    "graze",
    "load_script",
    "parse_script",
    "perform",
    "play_script",
    "stretch",
]
