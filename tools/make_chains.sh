#!/bin/sh
# Longer alkanes + CN, which have the environments of squalane that data/train.h5 lacks: data/train-chains.h5.
#
#   tools/make_chains.sh trajectories [NAME...]   into runs/chains
#   tools/make_chains.sh labels                   from runs/chains; goes on where it was stopped
#
# Of each molecule a stretched and a folded conformer, a secondary and another kind of hydrogen, seeds 21 to 26, 200 to
# 500 K. Half of the hands carry the hot HCN away. One trajectory of each molecule is on PM6, the others are on the network.
set -eu
cd "$(dirname "$0")/.."
atomtug=${ATOMTUG:-.venv/bin/atomtug}
runs=runs/chains

# steer NAME KIND ENGINE SITE SEED BEYOND
steer() {
  nice -n 15 "$atomtug" steer "$runs/$2/$1.xyz" --engine "$3" --site "$4" --seed "$5" --beyond "$6" --trajectories 1 \
    --temperature 200:500 --out "$runs/$1/$2"
}

trajectories() {
  .venv/bin/python tools/chain_conformers.py $runs
  for name in ${*:-n-pentane n-hexane 26-dimethylheptane 4-methylheptane 3-methylheptane 2-methylheptane 3-methylhexane}; do
    other=tertiary
    case $name in n-*) other=primary ;; esac
    steer "$name" anti pm6 secondary 21 0
    steer "$name" anti ann:alkanes secondary 24 3
    steer "$name" anti ann:alkanes $other 22 0
    steer "$name" gauche ann:alkanes secondary 21 0
    steer "$name" gauche ann:alkanes secondary 24 3
    steer "$name" gauche ann:alkanes $other 25 3
  done
}

label() {
  nice -n "${NICE:-15}" "$atomtug" label "$runs/$1/anti" "$runs/$1/gauche" --select "fps:$2" --workers 1 --check-state 0 \
    --out data/train-chains.h5
}

labels() {
  label n-pentane 12
  label n-hexane 10
  label 26-dimethylheptane 6
  label 4-methylheptane 6
  label 3-methylheptane 6
  label 2-methylheptane 6
  for name in n-pentane n-hexane; do label $name 30; done
  for name in 26-dimethylheptane 4-methylheptane 3-methylheptane 2-methylheptane; do label $name 15; done
}

what=$1
shift
"$what" "$@"
