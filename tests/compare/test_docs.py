"""The page docs/compare.md runs and agrees with the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import neuroport.compare
from neuroport.compare import Thresholds, json_schema

TEXT = (Path(__file__).parents[2] / "docs" / "compare.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_examples_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(blocks) == 4
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "docs/compare.md", "exec"), names)
    shown = " ".join(capsys.readouterr().out.split())
    promised = re.findall(r"```text\n(.*?)\.\.\.\n```", TEXT, re.DOTALL)
    assert promised
    assert all(" ".join(text.split()) in shown for text in promised)
    assert (tmp_path / "report.html").exists()


def test_every_limit_is_documented_with_its_default_and_reason():
    for rung, name, default, unit, reason in Thresholds.table():
        value = "none" if default is None else f"{default:g}"
        assert f"| {rung} | `{name}` | {value} | {unit} | {reason} |" in TEXT


def test_every_json_field_is_documented():
    schema = json_schema()
    for field in schema["required"]:
        assert f"`{field}`" in TEXT, field
    for definition in ("rung", "measurement", "sampling", "explanation", "result"):
        for field in schema["$defs"][definition]["required"]:
            assert f"`{field}`" in TEXT, (definition, field)


def test_every_public_name_exists():
    for name in neuroport.compare.__all__:
        assert hasattr(neuroport.compare, name)
