#!/bin/sh
# Remake the shipped models (data/models) and the figures of docs/network.md from the shipped labels.
#
#   tools/train_models.sh table1     sets 1 to 6, three seeds each, into runs/table1; figures and tables of squalane
#   tools/train_models.sh taught     sets 4 to 6 with GFN2-xTB as the teacher, likewise (tblite; half an hour and more)
#   tools/train_models.sh set7       one training on all labels, without a teacher, into runs/table1; then table1
#   tools/train_models.sh curve      the learning curve of set 6
#   tools/train_models.sh alkanes    the model for everyday use: all labels
#   tools/train_models.sh pm6-alkanes   one network on PM6's energies, for multiple time steps; unpacks the recordings to RUNS
#   tools/train_models.sh figures    set 6's model on the held-out trajectories
set -eu
cd "$(dirname "$0")/.."
atomtug=${ATOMTUG:-.venv/bin/atomtug}
models=data/models
labels=$(.venv/bin/python tools/training_files.py)

# Goes on where it was stopped; what is in data/models is judged, not trained again.
table1() { .venv/bin/python tools/squalane_figures.py "$@"; }
# As sets 1 to 6, on everything.
set7() {
  mkdir -p runs/table1
  "$atomtug" train $labels --repulsion false --epochs 60 --validation 0 --out runs/table1/set-7.safetensors
  table1
}
taught() { table1 --teacher gfn2 --teacher gfn2-chains; }
curve() {
  "$atomtug" table1 --test data/heldout.h5 --sets 6 --size 75,150,300,600 --seeds "${SEEDS:-3}" --models runs/table1 \
    --results $models/curve.jsonl --plot docs/network-curve.png
}
# Pairs reach further than triples, which cost the time; GFN2-xTB teaches first (docs/network.md, docs/model-card.md).
alkanes() {
  "$atomtug" train $labels --hidden 64,64 --r-cut 4.8 --r-angular ${ANGULAR:-3} --n-radial 12 --bagging 0.25 --validation 0 --epochs 120 \
    --learning-rate 0.004 --teacher gfn2 --teacher-geometries 24000 --teacher-epochs 32 --teacher-system 'CCC + CN' \
    --teacher-system 'CCCCC + CN' --teacher-system 'CCCCCC + CN' --teacher-system 'CC(C)CCCC(C)C + CN' \
    --out "${OUT:-$models/alkanes.safetensors}"
}
pm6_alkanes() {
  runs=${RUNS:-runs/data}
  [ -d "$runs" ] || { mkdir -p "$runs" && tar -C "$runs" -xf data/trajectories.tar.xz; }
  [ -f "$runs/pm6-labels.h5" ] || .venv/bin/python tools/make_pm6_labels.py "$runs/pm6-labels.h5" --recordings "$runs"
  "$atomtug" train --data "$runs/pm6-labels.h5" --members 1 --hidden 64,64 --r-cut 4.8 --r-angular 3 --n-radial 12 \
    --validation 0.05 --epochs 120 --learning-rate 0.004 --out $models/pm6-alkanes.safetensors
}
figures() {
  "$atomtug" evaluate $models/set-6.safetensors data/heldout.h5 \
    --plot docs/network-trajectories.png --parity docs/network-parity.png
}

what=$1
shift
case "$what" in
  pm6-alkanes) pm6_alkanes ;;
  *) "$what" "$@" ;;
esac
