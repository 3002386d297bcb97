"""What a user can do where an engine fails at once."""

from atomtug.core.systems import System


def on_first_failure(system: System, engine: str) -> str:
    """Sentences to follow the error of an engine's first calculation for a system.

    Charge and multiplicity are named first: with wrong ones, most calculations do not converge.

    Args:
        system: what was calculated
        engine: the engine's name
    """
    first = (
        f"It was the first calculation, with charge {system.charge} and multiplicity {system.multiplicity}: "
        f"if the molecule has others, give them with --charge and --multiplicity."
    )
    if "tblite" in engine.lower():
        return (
            f'{first} If they are right, give tblite "electronic_temperature": 1000 or "mixer_damping": 0.1, '
            f"with which radicals converge more easily."
        )
    return f"{first} If they are right, try another starting geometry or another engine."
