"""CI fails where an engine is missing that it should have; a user's tests say what was left out."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from engines import ENGINES, REQUIRED, lacking

ROOT = Path(__file__).parents[1]


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return ``suite(required, absent) -> result`` of a test folder with this conftest."""
    for name in ("conftest.py", "engines.py"):
        shutil.copy(ROOT / "tests" / name, pytester.path / name)
    pytester.makepyfile("def test_nothing(engine):\n    engine('brian2')\n")

    def run(required: str, absent: str = "") -> Any:
        monkeypatch.setenv(REQUIRED, required)
        if absent:
            path = pytester.path / "engines.py"
            path.write_text(path.read_text("utf-8").replace(
                'def lacking(engine: str) -> str:\n',
                'def lacking(engine: str) -> str:\n'
                f'    if engine == {absent!r}:\n        return "not here: install it"\n',
            ), "utf-8")
        return pytester.runpytest_subprocess("-p", "no:cacheprovider")

    return run


def test_a_missing_engine_that_is_required_fails(suite: Any) -> None:
    result = suite("brian2 nest", absent="nest")
    assert result.ret != 0
    assert "nest: not here: install it" in result.stderr.str() + result.stdout.str()


def test_an_engine_that_does_not_exist_fails(suite: Any) -> None:
    result = suite("brain2")
    assert result.ret != 0
    assert "brain2: known are brian2" in result.stderr.str() + result.stdout.str()


def test_a_user_is_told_in_the_last_lines(suite: Any) -> None:
    result = suite("", absent="brian2")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*not tested here*", "*brian2: not here: install it"])
    result.assert_outcomes(skipped=1)


def test_a_user_is_told_which_tests_take_long(suite: Any, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nmarkers = slow: long\naddopts = -m 'not slow'\n")
    pytester.makepyfile(test_long="import pytest\n@pytest.mark.slow\ndef test_long():\n    pass\n")
    result = suite("")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*not tested here*", "slow tests (1): make test-all"])


def test_ci_requires_every_engine() -> None:
    text = (ROOT / ".ci" / "run").read_text("utf-8")
    (named,) = re.findall(rf'export {REQUIRED}="([^"]*)"', text)
    assert named.split() == list(ENGINES)


def test_what_is_lacking_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "pip install" in lacking("unicorn")
