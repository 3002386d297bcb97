"""The fields of an interaction: what a hand writes under ``interaction.<id>`` in the shared state."""

from typing import Literal, get_args

from atomtug.wire.specification import InteractionField

InteractionType = Literal["gaussian", "spring", "constant"]
"""Which force a hand exerts, by both force laws in the field."""
INTERACTION_TYPES: tuple[InteractionType, ...] = get_args(InteractionType)
AnyInteractionType = Literal["gaussian", "spring", "constant", "distance"]
"""The same, and Atomtug's addition: ``distance`` keeps two groups of atoms apart by so much."""
ALL_INTERACTION_TYPES: tuple[AnyInteractionType, ...] = get_args(AnyInteractionType)

SPRING_CONSTANT = 2.0
"""kJ/mol/nm^2: the constant of a spring of scale 1, by both force laws in the field."""
DEFAULT_MAX_FORCE = 20000.0
"""kJ/mol/nm: the greatest force of a hand that names none, as Narupa has it. PM6 holds a hydrogen of methane with
6100 at most."""

POSITION = "position"
PARTICLES = "particles"
COUNTER_PARTICLES = "counter_particles"
INTERACTION_TYPE = "interaction_type"
LENGTH = "length"
SCALE = "scale"
MASS_WEIGHTED = "mass_weighted"
RESET_VELOCITIES = "reset_velocities"
MAX_FORCE = "max_force"
DAMPING = "damping"
OWNER = "owner.id"
LABEL = "label"

INTERACTION_FIELDS = (
    InteractionField(POSITION, "list", "nm", (0.0, 0.0, 0.0), "where the hand is"),
    InteractionField(PARTICLES, "list", "", (), "indices of the atoms it holds"),
    InteractionField(
        COUNTER_PARTICLES,
        "list",
        "",
        (),
        "indices of atoms that get the opposite force, shared out by mass, so that the molecule is not dragged along",
    ),
    InteractionField(INTERACTION_TYPE, "text", "", "gaussian", ", ".join(ALL_INTERACTION_TYPES)),
    InteractionField(
        LENGTH,
        "number",
        "nm",
        0.0,
        "of distance only: how far the centre of particles is kept from that of counter_particles, or from position",
    ),
    InteractionField(SCALE, "number", "", 1.0, "strength; within a million of zero"),
    InteractionField(MASS_WEIGHTED, "truth value", "", True, "whether heavier atoms are pulled harder"),
    InteractionField(
        RESET_VELOCITIES, "truth value", "", False, "redraw the atoms' velocities on letting go"
    ),
    InteractionField(
        MAX_FORCE, "number", "kJ/mol/nm", DEFAULT_MAX_FORCE, "limit of the force; may be infinite"
    ),
    InteractionField(
        DAMPING,
        "number",
        "1/ps",
        0.0,
        "friction of particles, where it is more than the thermostat's: what is held does not swing or fly off",
    ),
    InteractionField(OWNER, "text", "", None, "the user whose hand it is; recorded"),
    InteractionField(LABEL, "text", "", None, "which hand it is, as a person would say; recorded"),
)
"""All fields that the server knows. Others are kept, passed on and recorded."""
