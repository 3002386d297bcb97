#!/bin/sh
# mypy finds a package by its folder's name; here a link called `atomtug` to the checkout gives it all of them.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$root/build/types" && ln -sfn "$root" "$root/build/types/atomtug"
cd "$root/build/types"
exec "${PYTHON:-$root/.venv/bin/python}" -m mypy --config-file "$root/pyproject.toml" \
  $(for each in cli core paths potential protos recordings server swarm trainer vr_client wire workflows; do echo "-p atomtug.$each"; done) "$@"
