"""A backend that gives no result is never under a banner that says that all agree."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from neuroport.cli.compare import _report
from neuroport.cli.files import Files
from neuroport.compare import (
    BackendComparison,
    BackendFailedError,
    Verdict,
    compare,
    from_spike_times,
    html_of_backends,
    json_of_backends,
    json_schema,
    junit_of_backends,
)
from neuroport.compare.workers import Job, Outcome
from neuroport.jobs.specification import RunSpec

TRAINS = [[5.0, 20.0], [9.0]]


def comparison_with(status: Any, target: list[list[float]] = TRAINS) -> BackendComparison:
    """Two backends that ran, and one that did not."""
    ran = [from_spike_times({"a": trains}, name=name, stop=30.0)
           for name, trains in (("brian2", TRAINS), ("numpy", target))]
    outcomes = [Outcome(Job(r.name, RunSpec("m", backend=r.name)), "ok", r) for r in ran]
    outcomes.append(Outcome(Job("nest", RunSpec("m", backend="nest")), status,
                            reason="NP401: these are built into NEST's models"))
    return BackendComparison("m", tuple(outcomes), (compare(*ran),))


@pytest.mark.parametrize("status", ["refused", "error", "timed out", "died"])
def test_one_without_a_result_is_seen_everywhere(
    status: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found = comparison_with(status)
    assert found.comparisons[0].verdict is Verdict.IDENTICAL
    assert found.verdict is Verdict.NOT_COMPARABLE
    page = html_of_backends(found)
    banner = re.search(
        r'<section class="lead ([a-z-]+)">\s*<p class="word">(.*?)</p>\s*<p>(.*?)</p>', page,
        re.DOTALL)
    assert banner is not None
    assert banner[1] == "not-comparable" and banner[2].endswith("Not comparable")
    assert f"No result from nest ({status})" in banner[3]
    assert "<title>m: not comparable</title>" in page
    data = json_of_backends(found)
    jsonschema.validate(json.loads(json.dumps(data)), json_schema(backends=True))
    assert data["verdict"] == "not comparable"
    assert 'errors="1"' in junit_of_backends(found)
    assert _report(found, "equivalent", Files({"--html": tmp_path / "r.html"}), False) == 2
    shown = capsys.readouterr().out.strip().splitlines()
    assert any(line.startswith(f"– Not comparable. No result from nest ({status}).")
               for line in shown[-4:])
    assert str(found).startswith("m: not comparable. No result from nest")
    with pytest.raises(BackendFailedError, match="NP401"):
        found.require()


def test_a_difference_stays_one_where_another_backend_has_no_result(
    capsys: pytest.CaptureFixture[str]
) -> None:
    found = comparison_with("refused", [[25.0], [2.0, 3.0]])
    assert found.verdict is Verdict.DIFFERENT
    assert _report(found, "equivalent", Files({}), False) == 2
    shown = " ".join(capsys.readouterr().out.split())
    assert "≠ Different. No result from nest (refused)." in shown


def test_exit_codes_where_all_ran(capsys: pytest.CaptureFixture[str]) -> None:
    whole = comparison_with("ok")
    whole = BackendComparison("m", whole.outcomes[:2], whole.comparisons)
    assert whole.verdict is Verdict.IDENTICAL
    assert _report(whole, "equivalent", Files({}), False) == 0
    assert "numpy against brian2: identical" in " ".join(capsys.readouterr().out.split())
