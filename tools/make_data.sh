#!/bin/sh
# Remake the shipped data set: steered trajectories on PM6, then labels (see data/README.md).
#
#   tools/make_data.sh trajectories     about 20 minutes on two cores
#   tools/make_data.sh labels           hours; stop it at any time, the same command goes on where it was
#
# The trajectories go to runs/data, the labels to data/. `labels` takes the kept trajectories
# (data/trajectories.tar.xz) where runs/data has none.
set -eu
cd "$(dirname "$0")/.."
atomtug=${ATOMTUG:-.venv/bin/atomtug}
runs=runs/data
warm="--temperature 200:500"

# steer FOLDER SYSTEM SEED COUNT OPTION...
steer() {
  folder=$1 system=$2 seed=$3 count=$4
  shift 4
  nice "$atomtug" steer "$system" --seed "$seed" --trajectories "$count" --out "$runs/$folder" $warm "$@"
}

# Each molecule: reactions at each kind of hydrogen, some carried on past the product, some that only graze,
# some in which the alkane itself is pulled about.
train() {
  system=$1 count=$2
  shift 2
  seed=1
  for site in "$@"; do
    steer "$system" "$system" $seed "$count" --site "$site"
    seed=$((seed + 1))
  done
  steer "$system" "$system" 11 2 --beyond 3
  steer "$system" "$system" 12 2 --script graze
  steer "$system" "$system" 13 2 --script stretch
}

trajectories() {
  train methane 8 any
  train ethane 8 primary
  train isopentane 3 primary secondary tertiary
  train isobutane 4 primary tertiary
  # Held out: one whole reaction a molecule, by a hand that no training trajectory had.
  steer heldout methane 1001 1
  steer heldout ethane 1001 1
  steer heldout isobutane 1001 1 --site tertiary
  steer heldout isopentane 1001 1 --site secondary
  steer heldout 2-isohexane 1001 1 --site secondary
  steer heldout 3-isohexane 1001 1 --site secondary
  train 2-isohexane 3 primary secondary tertiary
  train 3-isohexane 3 primary secondary tertiary
}

label() { nice -n 19 "$atomtug" label "$@"; }

labels() {
  [ -d $runs ] || { mkdir -p $runs && tar -C $runs -xf data/trajectories.tar.xz; }
  label $runs/methane --select fps:600 --out data/train.h5
  label $runs/ethane --select fps:300 --out data/train.h5
  label $runs/isobutane --select fps:200 --out data/train.h5
  label $runs/isopentane --select fps:300 --out data/train.h5
  label $runs/2-isohexane --select fps:60 --out data/train.h5
  label $runs/3-isohexane --select fps:60 --out data/train.h5
  label $runs/heldout --select stride:4 --out data/heldout.h5
}

"$1"
