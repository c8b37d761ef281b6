"""The board command, the configuration lines, and life cycle of a board."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

board_module = pytest.importorskip(
    "neuroport_spinnaker.board", reason="the compiled engine is not built", exc_type=ImportError
)
from neuroport_spinnaker.board import Board, write_configuration
from neuroport_spinnaker.board.command import parse_pace, serve


def test_serve_prints_what_a_script_needs() -> None:
    lines: list[str] = []
    turns: Iterator[bool] = iter([True, True, False])
    report = serve(4, show=lines.append, keep_going=lambda: next(turns), status_seconds=0.1)
    text = "\n".join(lines)
    assert "Emulated" in text
    assert "unofficial" in text
    assert f"machine_name = {report.host}" in text
    assert "version = 3" in text
    assert report.chips == 4
    assert report.findings() == []


def test_48_chips_have_their_version() -> None:
    with Board(chips=48) as board:
        assert board.configuration_lines() == [f"machine_name = {board.host}", "version = 5"]


def test_loaded_timing_is_called_approximate() -> None:
    lines: list[str] = []
    serve(4, timing="loaded", show=lines.append, keep_going=lambda: False)
    assert "approximate" in lines[0]


@pytest.mark.parametrize(
    ("text", "pace"), [(None, None), ("free", None), ("1:1", 1.0), ("1:10", 0.1), ("0.5", 0.5)]
)
def test_pace(text: str | None, pace: float | None) -> None:
    assert parse_pace(text) == pace


@pytest.mark.parametrize("text", ["", "fast", "1:0", "-1", "0"])
def test_bad_pace_is_named(text: str) -> None:
    with pytest.raises(board_module.TimingError, match="ratio"):
        parse_pace(text)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(board_module.GeometryError, match="4 or 48"):
        Board(chips=5)
    with pytest.raises(board_module.TimingError, match="ideal or loaded"):
        Board(timing="fast")
    with pytest.raises(board_module.TimingError, match="above 0"):
        Board(pace=0.0)
    with pytest.raises(board_module.BoardStoppedError, match="not running"):
        Board().report()


def test_stop_is_repeatable_and_frees_the_address() -> None:
    first = Board().start()
    host = first.host
    first.stop()
    first.stop()
    with Board(host=host) as second:
        assert second.host == host


def test_configuration_is_private(tmp_path: Path) -> None:
    with Board() as board:
        path = write_configuration(board, tmp_path, extra=["[Mapping]", "compressor = x"])
        text = path.read_text()
        assert board.host in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "enable_reinjection = False" in text
    assert text.index("[Machine]") < text.index("machine_name") < text.index("[Mapping]")
