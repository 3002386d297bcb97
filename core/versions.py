"""Which versions of what a result was made with."""

import platform
from collections.abc import Iterable
from importlib import metadata

VERSION: str = metadata.version("atomtug")
"""Atomtug's own."""


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Of Python and of each of the packages that is installed."""
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
