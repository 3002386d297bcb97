"""What a DFT label costs, from methane to squalane: seconds and memory over the number of basis functions.

python benchmarks/label_costs.py [NAME...] [--results FILE] [--page docs/costs.md] [--plot docs/label-costs.png]

- Energy and forces (PBE/def2-TZVP) of a molecule and CN, from a neighbouring geometry's orbitals, as one label
  follows another. Each molecule has a process of its own, whose peak memory is told; one thread, so that CPU seconds
  tell the work on a busy machine, too. NAMEs are those of built-in systems, or a number of carbons for a straight
  chain.
- Each result is added to FILE (docs/label-costs.jsonl) as soon as it is there; molecules in it are not labelled
  again.
- *held*: the neutral radical's state had to be held, which takes more cycles (docs/labels.md).
- Exponents: of a straight line through the logarithms, from FIT_FROM basis functions on.

Methane to C16H34 take five minutes of one core; squalane takes 7 GB of memory.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import large_labels
import numpy as np
from costs import chain
from report import print_table

from atomtug.core.systems import System, load_system
from atomtug.trainer.dft.environment import worker_environment

NAMES = ("methane", "ethane", "isobutane", "isopentane", "2-isohexane", "8", "12", "16", "20", "squalane")
DOCS = Path(__file__).parents[1] / "docs"
MOVED = 0.01
"""angstrom, of each coordinate between the two geometries: about what a frame is from the next."""
FIT_FROM = 200
"""Basis functions."""
HEADER = ("molecule, with CN", "atoms", "basis functions", "cycles", "CPU seconds", "peak memory, GB")
MARKS = "<!-- label_costs.py begins -->", "<!-- label_costs.py ends -->"


@dataclass(frozen=True)
class LabelCost:
    """What one label took.

    Args:
        name: of the molecule
        atoms: with CN
        functions: of the basis
        cycles: until it converged
        method: which way led to it
        cpu_seconds: of one thread
        memory: peak of the process, GB
    """

    name: str
    atoms: int
    functions: int
    cycles: int
    method: str
    cpu_seconds: float
    memory: float


def system_of(name: str) -> System:
    """A built-in system, or a straight chain with CN."""
    return chain(int(name)) if name.isdecimal() else load_system(name)


def title(name: str) -> str:
    """What the table calls it."""
    return f"C{name}H{2 * int(name) + 2}, straight" if name.isdecimal() else name


def measure(name: str) -> LabelCost:
    """Label two neighbouring geometries; what the second took."""
    from atomtug.trainer.dft.molecule import MoleculeBuilder
    from atomtug.trainer.dft.theory import Theory

    system = system_of(name)
    moved = np.random.default_rng(0).normal(0.0, MOVED, system.positions.shape)
    with TemporaryDirectory() as folder:
        job = large_labels.label_job(system, np.stack([system.positions, system.positions + moved]), folder)
        (_, second), peak = large_labels.run_python(large_labels.OURS, job, worker_environment(threads=1))
    if not second["converged"]:
        raise SystemExit(f"The label of {name} did not converge.")
    builder = MoleculeBuilder(system.numbers, system.charge, system.multiplicity, Theory().basis)
    functions = int(builder.at(system.positions).nao)
    return LabelCost(
        name, len(system.numbers), functions, second["cycles"], second["method"], second["cpu_seconds"], peak / 1e9
    )  # fmt: skip


def read(path: Path) -> list[LabelCost]:
    """All results of a file, by size."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return sorted((LabelCost(**json.loads(line)) for line in lines), key=lambda each: each.functions)


def exponent(costs: list[LabelCost], what: str) -> float:
    """Of a power law in the number of basis functions; NaN for fewer than three molecules."""
    kept = [each for each in costs if each.functions >= FIT_FROM]
    if len(kept) < 3:
        return float("nan")
    sizes = [each.functions for each in kept]
    return float(np.polyfit(np.log(sizes), np.log([getattr(each, what) for each in kept]), 1)[0])


def rows(costs: list[LabelCost]) -> list[list[str]]:
    """Of the table, whose columns are :data:`HEADER`."""
    found = [
        [title(each.name), str(each.atoms), str(each.functions),
         f"{each.cycles}, held" if "held" in each.method else str(each.cycles), f"{each.cpu_seconds:.3g}",
         f"{each.memory:.2g}"]
        for each in costs
    ]  # fmt: skip
    powers = [f"{exponent(costs, what):.1f}" for what in ("cpu_seconds", "memory")]
    return [*found, [f"exponent, from {FIT_FROM} functions on", "", "", "", *powers]]


def write_page(costs: list[LabelCost], page: Path) -> None:
    """Replace what stands between the page's two marks by the table."""
    text = page.read_text(encoding="utf-8")
    before, after = text.split(MARKS[0])[0], text.split(MARKS[1])[1]
    lines = "\n".join(f"| {' | '.join(row)} |" for row in (HEADER, ["---"] * len(HEADER), *rows(costs)))
    page.write_text(f"{before}{MARKS[0]}\n\n{lines}\n\n{MARKS[1]}{after}", encoding="utf-8")


def plot(costs: list[LabelCost], path: Path) -> None:
    """CPU seconds and memory over basis functions, all axes logarithmic."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.5, 3.6), layout="constrained")
    for axes, what, text in zip(
        figure.subplots(1, 2), ("cpu_seconds", "memory"), ("CPU seconds", "peak memory, GB"), strict=True
    ):
        sizes = [each.functions for each in costs]
        power = f"exponent {exponent(costs, what):.1f}"
        axes.loglog(sizes, [getattr(each, what) for each in costs], "o-", linewidth=1.2, label=power)
        axes.set(xlabel="basis functions", ylabel=text)
        axes.grid(alpha=0.3, which="both")
        axes.legend(fontsize=8)
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--results", type=Path, default=DOCS / "label-costs.jsonl")
    parser.add_argument("--page", type=Path, help="a page whose table is replaced")
    parser.add_argument("--plot", type=Path, help="the figure")
    given = parser.parse_args()
    known = {each.name for each in read(given.results)}
    for name in given.names or NAMES:
        if name in known:
            continue
        cost = measure(name)
        with given.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(cost)) + "\n")
        print(cost, flush=True)
    costs = read(given.results)
    print_table("A label's cost", HEADER, rows(costs))
    if given.page:
        write_page(costs, given.page)
    if given.plot:
        plot(costs, given.plot)


if __name__ == "__main__":
    main()
