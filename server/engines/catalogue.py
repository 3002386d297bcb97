"""The engines that clients may load, by display name.

A client's text is never part of a path or an import: it is looked up among the names that the operator allowed.
"""

from collections.abc import Sequence
from pathlib import Path

from atomtug.core.errors import InputError
from atomtug.core.shipped import MODEL_SUFFIX
from atomtug.core.text import shortened
from atomtug.server.engines.names import ANN_PREFIX, METHODS, MtsName, display_name

_MOST_SHOWN = 20
_LONGEST = 500
"""Characters of a name that is taken apart."""


class Catalogue:
    """Sparrow's methods, the models in some folders, and what the operator named.

    Args:
        named: engines as :func:`atomtug.server.engines.create_engine` takes them; the first is the one the
            session starts with
        folders: with model files; listed again at each call, so that a new file is found
    """

    def __init__(self, named: Sequence[str], folders: Sequence[Path] = ()) -> None:
        self._named = list(named)
        self._folders = list(folders)
        self._composed = ""
        """The last engine that a client put together of two."""

    def engines(self) -> dict[str, str]:
        """From display name to engine, as :func:`atomtug.server.engines.create_engine` takes it."""
        found = {method: method for method in METHODS}
        for folder in self._folders:
            for path in _models(folder):
                found.setdefault(display_name(ANN_PREFIX + str(path)), ANN_PREFIX + str(path))
        for name in [*self._named, *filter(None, [self._composed])]:
            found[display_name(name)] = name
        return found

    def find(self, name: object) -> str:
        """The engine with a display name; ``mts:`` and two of them with a slash between is one as well.

        Raises:
            InputError: there is no such engine
        """
        if isinstance(name, str) and len(name) < _LONGEST and name not in self.engines():
            mts = MtsName.parse(name)
            if mts is not None:
                parts = self.find(mts.reference), self.find(mts.cheap)
                self._composed = str(MtsName(*parts, mts.interval))
                return self._composed
        engines = self.engines()
        if isinstance(name, str):
            for candidate in (name, name.removesuffix(MODEL_SUFFIX), name.lower()):
                if candidate in engines:
                    return engines[candidate]
        known = list(engines)
        more = f" and {len(known) - _MOST_SHOWN} more" if len(known) > _MOST_SHOWN else ""
        raise InputError(
            f"There is no engine called {shortened(repr(name))} here: this server has "
            f"{', '.join(known[:_MOST_SHOWN])}{more} (engine/list has them all)."
        )


def _models(folder: Path) -> list[Path]:
    try:
        return sorted(path.resolve() for path in folder.glob(f"*{MODEL_SUFFIX}") if path.is_file())
    except OSError:
        return []
