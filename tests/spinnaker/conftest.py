"""Simulators on the SpiNNaker backend, and reasons to skip what needs more than neuroport."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import neuroport


@pytest.fixture
def spinnaker() -> Callable[..., Any]:
    """Return ``spinnaker(**options) -> simulator``; nothing in it runs before ``run``."""

    def build(**options: Any) -> Any:
        return neuroport.simulator("spinnaker", **{"timestep": 1.0, "seed": 7, **options})

    return build


@pytest.fixture
def toolchain() -> None:
    """Skip where sPyNNaker is not installed."""
    if not os.environ.get("NEUROPORT_SPINNAKER_PYTHON") and (
        importlib.util.find_spec("spynnaker") is None
    ):
        pytest.skip("sPyNNaker is not installed: pip install 'neuroport[spinnaker]'")


@pytest.fixture
def board(toolchain: None) -> None:
    """Skip where the emulated board is not there or not built."""
    try:
        import neuroport_spinnaker.board  # noqa: F401
    except ImportError as error:
        pytest.skip(f"the emulated board cannot be used: {error}")


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the child a folder of its own, and see that neither is left."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield folder
    assert children(folder) == []
    assert list(folder.glob("neuroport-spinnaker-*")) == []


def children(folder: Path) -> list[str]:
    """Return the processes that work below a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder) in os.readlink(entry / "cwd"):
                found.append(entry.name)
        except OSError:
            continue
    return found
