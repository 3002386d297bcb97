"""Options of commands that simulate, on what follows where a network is unsure."""

import click

from atomtug.cli.options import together
from atomtug.server.dynamics.uncertainty import DEFAULT_LIMIT, WHEN_UNSURE, UncertaintyOptions

uncertainty_options = together(
    click.option(
        "--uncertainty-limit",
        default=DEFAULT_LIMIT,
        show_default=True,
        help="kJ/mol by which a network's members may be apart before a frame is marked; 0: none.",
    ),
    click.option(
        "--when-unsure",
        type=click.Choice(WHEN_UNSURE),
        default=UncertaintyOptions.when_unsure,
        show_default=True,
        help="guard: frames beyond the limit are marked for labelling, and where a network knows nothing PM6 goes on "
        "in its place until it does; mark: only that; pause: pause, too; pm6: PM6 takes over from the limit on.",
    ),
)
"""``--uncertainty-limit`` and ``--when-unsure``."""
