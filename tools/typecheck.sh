#!/bin/sh
# mypy finds a package by its folder's name; ours are mapped in pyproject.toml (server/ is atomtug.server).
# So it is shown a tree in which they are where their names say.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
tree=$root/build/typecheck
rm -rf "$tree"
mkdir -p "$tree/atomtug"
for entry in "$root"/atomtug/*; do ln -s "$entry" "$tree/atomtug/"; done
for package in potential protos recordings server trainer vr_client; do ln -s "$root/$package" "$tree/atomtug/$package"; done
cd "$tree"
exec "${PYTHON:-$root/.venv/bin/python}" -m mypy --config-file "$root/pyproject.toml" -p atomtug "$@"
