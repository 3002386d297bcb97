"""How ASE calculators are named: ``ase:`` and an import path, and keyword arguments as JSON after a question mark."""

import json

from atomtug.core.errors import InputError

ASE_PREFIX = "ase:"


def parse_ase_name(name: str) -> tuple[str, dict[str, object]]:
    """The import path and the keyword arguments in ``ase:tblite.ase.TBLite?{"method": "GFN2-xTB"}``.

    Raises:
        InputError: it does not begin with ``ase:``, or the arguments are no JSON object
    """
    if not name.startswith(ASE_PREFIX):
        raise InputError(
            f"{name!r} is no ASE calculator: write ase: and the import path of its class, such as "
            f"ase:tblite.ase.TBLite."
        )
    path, _, text = name.removeprefix(ASE_PREFIX).partition("?")
    if not text:
        return path, {}
    try:
        arguments = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"The engine's arguments {text!r} are not JSON ({error}).") from error
    if not isinstance(arguments, dict):
        raise InputError(f"The engine's arguments {text!r} must be a JSON object, like {{'key': 1}}.")
    return path, arguments
