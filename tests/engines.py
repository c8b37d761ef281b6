"""Engines that tests need: which are here, why one is not, and which must be."""

from __future__ import annotations

import importlib.util
import os

from neuroport.backend import load_backend
from neuroport.errors import UserError

# What the tests use besides neuroport itself; in CI all of them are required, see .ci/run.
ENGINES = ("brian2", "native", "nengo", "nest", "spinnaker", "spinnaker-emulated", "unicorn")
REQUIRED = "NEUROPORT_REQUIRE_ENGINES"


def lacking(engine: str) -> str:
    """Return why an engine cannot be used, with what mends it; empty: it can."""
    if engine == "unicorn":
        return "" if importlib.util.find_spec("unicorn") else (
            "'unicorn' is not installed: pip install 'neuroport[oracle]'")
    try:
        problems = load_backend(engine).missing()
    except UserError as error:
        problems = list(error.problems)
    return "; ".join(f"{p.what}: {p.fix}" if p.fix else p.what for p in problems)


def required() -> list[str]:
    """Return the engines whose absence is a failure."""
    return os.environ.get(REQUIRED, "").split()
