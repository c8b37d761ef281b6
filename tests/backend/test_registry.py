"""Backends by name: packages of other people, which may be broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from neuroport.backend import backend_names, load_backend
from neuroport.errors import BackendMissingError


def installed(folder: Path, package: str, target: str) -> None:
    """Write what an installer notes of a package with a backend `theirs`."""
    notes = folder / f"{package.replace('-', '_')}-1.0.dist-info"
    notes.mkdir()
    (notes / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (notes / "entry_points.txt").write_text(f"[neuroport.backends]\ntheirs = {target}\n")


def test_what_installs_a_backend_of_another_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(tmp_path, "their-package", "a_module_that_is_not_there:Backend")
    monkeypatch.syspath_prepend(tmp_path)
    assert "theirs" in backend_names()
    with pytest.raises(BackendMissingError, match="pip install their-package"):
        load_backend("theirs")
