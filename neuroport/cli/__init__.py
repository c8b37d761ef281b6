"""The ``neuroport`` command."""

from __future__ import annotations

import sys

import neuroport.cli.start_time  # noqa: F401  the clock starts before anything else is imported

__all__ = ["main"]


def main() -> None:
    """Run the command line; the entry point of the ``neuroport`` command."""
    try:
        from neuroport.cli.app import app

        app()
    except KeyboardInterrupt:  # before or after a run, while modules are imported
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:  # `neuroport ... | head`
        sys.stderr.close()
        sys.exit(0)
