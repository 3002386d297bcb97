"""Squalane + CN in the documentation, written anew: Table 1, Fig. 2 and the live network on its own trajectory.

    python tools/squalane_figures.py [--seeds N] [--teacher NAME]... [MODEL...]

Judges the trainings of the paper's sets (runs/table1 and data/models; those at neither place are trained, but those
with a teacher only where it is named), `alkanes`, set 7 and the paper's networks where runs/table1 has them, and
other MODELs by the labels that are there. It writes data/models/table1.jsonl, docs/network-squalane.png,
docs/chain-interaction.png, tables and figures between the lines of docs/network.md and docs/swap.md that say so,
README's row of squalane and the number of labels in data/README.md.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import chain_interaction
from squalane_regions import COLUMNS, region_lines
from training_files import TRAINING_FILES, is_there

from atomtug.core.units import KCALMOL_PER_EV
from atomtug.potential import load_model
from atomtug.trainer.evaluation.plots import plot_trajectories
from atomtug.trainer.evaluation.table1 import SQUALANE as MOLECULE
from atomtug.trainer.evaluation.table1 import values_of
from atomtug.trainer.evaluation.table1_text import (
    OTHERS,
    SQUALANE_COLUMNS,
    Row,
    judged_rows,
    others_lines,
    squalane_frames,
    squalane_lines,
)
from atomtug.workflows import evaluate, train_sets
from atomtug.workflows.census import census
from atomtug.workflows.paper_sets import TEACHERS

ROOT = Path(__file__).parents[1]
PAPER = ("paper-set-4.safetensors", "paper-set-6.safetensors")
"""The authors' own networks in runs/table1, by `tools/convert_paper_network.py`; left out where they are missing."""
SET_7 = "set-7.safetensors"
"""Trained on all labels (`tools/train_models.sh set7`), likewise."""
README_ROW = "| squalane + CN, the paper's own test"
LIVE_FIGURE = "swap-squalane.png"
DATA, MODELS, KEPT = ROOT / "data", ROOT / "data/models", ROOT / "runs/table1"
SQUALANE, LIVE = DATA / "squalane.h5", DATA / "squalane-live.h5"


def markdown(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (columns, ["---"] * len(columns), *lines))


def put(page: str, mark: str, text: str) -> None:
    """Text between the comments ``mark`` and ``end of mark`` of a page, in place of what is there."""
    path = ROOT / "docs" / page
    before, _, rest = path.read_text(encoding="utf-8").partition(f"<!-- {mark} -->\n")
    _, _, after = rest.partition(f"<!-- end of {mark} -->")
    if not after:
        sys.exit(f"{path} has no lines <!-- {mark} --> and <!-- end of {mark} -->.")
    path.write_text(f"{before}<!-- {mark} -->\n{text}\n<!-- end of {mark} -->{after}", encoding="utf-8")


def tables(others: Sequence[str], seeds: int, teachers: Sequence[str]) -> None:
    """Table 1, its results for `atomtug table1`, and what README says of them."""
    kept = [str(KEPT / name) for name in (SET_7, *PAPER) if (KEPT / name).is_file()]
    results = MODELS / "table1.jsonl"
    results.unlink(missing_ok=True)
    judged = train_sets(
        [DATA / "train.h5"], [DATA / "heldout.h5", SQUALANE], seeds=seeds, teachers=teachers, models=[KEPT, MODELS],
        keep_models=KEPT, keep_results=results, beside=["alkanes", *others, *kept],
        on_training=lambda count: print(f"trained one of {count}", flush=True),
    )  # fmt: skip
    rows = judged_rows(judged.runs, judged.models)
    frames, spread = squalane_frames(rows)
    put(
        "network.md", "table 1",
        f"{frames} labelled frames, whose energies spread over {spread:.1f} kcal/mol; seeds: {seeds}.\n\n"
        f"{markdown(SQUALANE_COLUMNS, [_counted(line) for line in squalane_lines(rows)])}",
    )  # fmt: skip
    tell_readme(rows)
    about = DATA / "README.md"
    counted = re.sub(r"\d+ of (\d+) labels", rf"{frames} of \1 labels", about.read_text(encoding="utf-8"))
    about.write_text(counted, encoding="utf-8")
    put("network.md", "smaller molecules", markdown(OTHERS, others_lines(rows)))


def _counted(line: list[str]) -> list[str]:
    """The same with the number of labels that set 7 had."""
    if line[0] != Path(SET_7).stem:
        return line
    settings = load_model(KEPT / SET_7).provenance.settings
    return [line[0], f"all {settings['geometries']:,} labels", *line[2:]]


def tell_readme(rows: Sequence[Row]) -> None:
    """README's row of squalane, with the methods that there are."""
    methods = {
        "6": "set 6 (600 geometries)", "6 gfn2": "the same labels with the form of `alkanes` and a teacher",
        "alkanes": "`alkanes`", "paper-set-6": "the paper's network of set 6 (15,000)", "pm6": "PM6",
    }  # fmt: skip
    found = {row[0]: row for row in rows if row[0] in methods}
    names = [name for name in methods if name in found]

    def means(score: str) -> str:
        values = (
            [value for each in found[name][2] for value in values_of(each, score, found[name][3], MOLECULE)]
            for name in names
        )
        *most, last = (f"{sum(each) / len(each):.1f}" for each in values)
        return f"{', '.join(most)} and {last}"

    *most, last = (methods[name] for name in names)
    row = " | ".join(
        [
            f"{README_ROW}: energy MAE of {', '.join(most)} and {last} on {squalane_frames(rows)[0]} labelled frames "
            "over the whole path",
            f"{means('mae_kcal')} kcal/mol; forces {means('force_mae_kcal_A')} kcal/mol/Å (the paper, on its own "
            "trajectory: 2.0, PM6 8.3)",
            "`atomtug table1`, [more, and Fig. 2](docs/network.md#the-papers-table-1) |",
        ]
    )
    path = ROOT / "README.md"
    lines = path.read_text(encoding="utf-8").split("\n")
    path.write_text(
        "\n".join(row if line.startswith(README_ROW) else line for line in lines), encoding="utf-8"
    )


def count_environments() -> None:
    """Which environments of squalane the training data hold."""
    found = census(["squalane"], [path for path in TRAINING_FILES if is_there(path)])
    held = {Path(file).name: counts for file, counts in found.held.items()}
    first, chains = "train.h5", "train-chains.h5"
    others = [counts for name, counts in held.items() if name not in (first, chains)]
    lines = [
        [
            f"`{environment}`", str(count), str(held[first].get(environment, 0)),
            str(sum(each.get(environment, 0) for each in others)), str(held[chains].get(environment, 0)),
        ]
        for environment, count in found.wanted.items()
    ]  # fmt: skip
    put("network.md", "census", markdown(("environment", "atoms", first, "the others", chains), lines))


def regions() -> None:
    """Where on the way the everyday model, set 6's and the authors' own are off."""
    files = {"`alkanes`": MODELS / "alkanes.safetensors", "set 6": MODELS / "set-6.safetensors"}
    files |= {"the paper's set 6": path} if (path := KEPT / PAPER[1]).is_file() else {}
    put("network.md", "regions", markdown((*COLUMNS, *files), region_lines(SQUALANE, list(files.items()))))


def figure() -> None:
    """Fig. 2: labels, PM6 and the network of set 6 along both trajectories."""
    plot_trajectories(evaluate(MODELS / "set-6.safetensors", [SQUALANE]), ROOT / "docs/network-squalane.png")


def chains() -> None:
    """What `alkanes` has of the interaction with chains, beside DFT."""
    few, six, many = (f"{chain_interaction.by_network('alkanes', carbons):.2f}" for carbons in (1, 6, 12))
    put(
        "network.md", "chains by network",
        f"The network `alkanes` has {few} with methane, {six} with six and {many} with twelve carbons.",
    )  # fmt: skip
    results = chain_interaction.read(ROOT / "docs/chain-interaction.jsonl")
    chain_interaction.draw(results, ROOT / "docs/chain-interaction.png", "alkanes")


def live() -> None:
    """The live network on its own trajectory, if that has labels."""
    if not is_there(LIVE):
        print(f"There are no labels in {LIVE.name} yet: docs/swap.md stays as it is.")
        return
    evaluation = evaluate(Path("alkanes"), [LIVE])
    plot_trajectories(evaluation, ROOT / "docs" / LIVE_FIGURE)
    scores, curve = evaluation.overall["network"], evaluation.curves[0]
    put(
        "swap.md", "live squalane",
        f"On {len(curve.frames)} labelled frames the shipped `alkanes` is off by {scores.mae_kcal:.2f} ± "
        f"{scores.sd_kcal:.2f} kcal/mol\n(one offset removed; {scores.worst_kcal:.1f} at most), forces by "
        f"{scores.force_mae_kcal_A:.2f} kcal/mol/Å. The labels' energies spread over "
        f"{curve.spread_of_labels * KCALMOL_PER_EV:.1f} kcal/mol.\n\n"
        f"![Energies along the network's own trajectory: DFT and network]({LIVE_FIGURE})",
    )  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", metavar="MODEL")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--teacher", action="append", default=[], choices=list(TEACHERS))
    given = parser.parse_args()
    tables(given.models, given.seeds, given.teacher)
    regions()
    count_environments()
    figure()
    chains()
    live()
