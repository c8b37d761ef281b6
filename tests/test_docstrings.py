"""Examples in docstrings are run, and show what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

PACKAGES = ("neuroport", "neuroport_brian2", "neuroport_native", "neuroport_nengo",
            "neuroport_nest", "neuroport_spinnaker", "neuroport_models", "neuroport_experiments")


def modules_with_examples() -> list[str]:
    """Return the modules whose text has a prompt; found without importing engines."""
    found = []
    for name in PACKAGES:
        package = importlib.import_module(name)
        for info in pkgutil.walk_packages(package.__path__, f"{name}.", onerror=lambda _: None):
            spec = info.module_finder.find_spec(info.name, None)  # type: ignore[call-arg]
            origin = None if spec is None else spec.origin
            if origin and origin.endswith(".py") and ">>> " in Path(origin).read_text("utf-8"):
                found.append(info.name)
    return found


def test_there_are_examples() -> None:
    assert len(modules_with_examples()) > 5


@pytest.mark.parametrize("name", modules_with_examples())
@pytest.mark.filterwarnings("ignore")
def test_examples(name: str) -> None:
    if name.startswith("neuroport_spinnaker.board"):
        pytest.importorskip("neuroport_spinnaker.board", exc_type=ImportError,
                            reason="the emulated board is not built")
    done = doctest.testmod(importlib.import_module(name),
                           optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert done.attempted > 0
    assert done.failed == 0
