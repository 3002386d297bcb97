"""``atomtug doctor``: is everything there that atomtug needs, and does it work?"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import click

from atomtug.cli.checks import CHECKS, Finding, Severity


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line for each check.")
def command(as_json: bool) -> None:
    """Check this installation, and say what to do where something is missing.

    A real PM6 calculation, a small DFT one and a compiled JAX function are tried, each in a process of its own;
    the ports, the disk, the OpenXR runtime, the trained models and the browser page are looked at.

    The exit code is 1 if something fails that is needed. A warning is about something that can be done without.
    """
    findings = []
    # What runs in other processes overlaps; the answers come in order all the same.
    with ThreadPoolExecutor(max_workers=2) as pool:
        for finding in pool.map(lambda check: check(), CHECKS):
            findings.append(finding)
            click.echo(_as_json(finding) if as_json else _as_text(finding))
    failed = sum(finding.severity is Severity.FAIL for finding in findings)
    if not as_json:
        warned = sum(finding.severity is Severity.WARN for finding in findings)
        click.echo(_verdict(failed, warned))
    sys.exit(1 if failed else 0)


def _as_text(finding: Finding) -> str:
    line = f"{finding.severity.value:<5}{finding.name:<9}{finding.found}"
    return f"{line}\n{'':14}{finding.advice}" if finding.advice else line


def _as_json(finding: Finding) -> str:
    return json.dumps(
        {
            "name": finding.name,
            "state": finding.severity.value.lower(),
            "found": finding.found,
            "advice": finding.advice,
        }
    )


def _verdict(failed: int, warned: int) -> str:
    if failed:
        return f"{failed} of these must be mended before atomtug works as it should."
    return "All that is needed works." + (f" {warned} could be better." if warned else "")
