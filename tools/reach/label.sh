#!/bin/sh
# Make the test sets of data/reach: geometries, then labels. It can be stopped at any time and goes on where it was.
#
#   tools/reach/label.sh [N]      N labels of each molecule of the surfaces, rough hands and hot runs; default 50
set -eu
cd "$(dirname "$0")/../.."
python=${PYTHON:-.venv/bin/python} atomtug=${ATOMTUG:-.venv/bin/atomtug} count=${1:-50}
runs=runs/reach
[ -d $runs/approaches ] || $python tools/reach/approaches.py $runs/approaches
[ -d $runs/surfaces ] || $python tools/reach/surfaces.py $runs/surfaces
for kind in rough hot; do
  [ -d $runs/$kind ] || $python tools/reach/motion.py $kind $runs/$kind
done
label() { nice -n 19 "$atomtug" label "$@"; }
label $runs/approaches/*.h5 --out data/reach/approaches.h5
label $runs/surfaces/methane.h5 --select "random:$count" --out data/reach/surfaces.h5
label $runs/surfaces/isobutane.h5 --select "random:$count" --out data/reach/surfaces.h5
label $runs/surfaces/2-isohexane.h5 --select "random:$count" --out data/reach/surfaces.h5
for kind in rough hot; do
  for molecule in methane ethane isobutane isopentane 2-isohexane; do
    label $runs/$kind/$molecule.h5 --select "random:$count" --out data/reach/$kind.h5
  done
done
