"""The board command, the configuration lines, and life cycle of a board."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

board_module = pytest.importorskip(
    "neuroport_spinnaker.board", reason="the compiled engine is not built", exc_type=ImportError
)
from neuroport_spinnaker.board import Board, BoardReport, CoreReport, write_configuration
from neuroport_spinnaker.board.command import parse_pace, run_on_board, serve
from neuroport_spinnaker.board.iobuf import readable
from neuroport_spinnaker.board.watch import Watch
from neuroport_spinnaker.toolchain.short_lists import shortened


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


USING = """
pytest_plugins = ["neuroport_spinnaker.board.pytest_plugin"]
hosts = []

def test_small(spinnaker_board):
    assert spinnaker_board.report().chips == 4
    hosts.append(spinnaker_board.host)

def test_large(large_spinnaker_board, spinnaker_board):
    assert large_spinnaker_board.report().chips == 48
    assert large_spinnaker_board.host != spinnaker_board.host

def test_stopped():
    from neuroport_spinnaker.board import Board
    with Board(chips=4, host=hosts[0]) as again:
        assert again.host == hosts[0]
"""


def test_the_fixtures_for_other_people_s_tests(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(USING)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )
    assert "3 passed" in done.stdout, done.stdout


# -- what is shown -------------------------------------------------------------------------------


def shown(*looks: BoardReport, everything: bool = False) -> list[str]:
    lines: list[str] = []
    watch = Watch(lines.append, everything)
    for number, report in enumerate(looks):
        watch.look(report, 2.0 * number)
    return lines


def state(
    virtual: float, *cores: CoreReport, problems: tuple[str, ...] = (), cpu: float = 0.0
) -> BoardReport:
    return BoardReport(
        "127.0.0.2", 4, 1, "ideal", cpu, virtual, 0, 100, 0, 0, 0, 0, {}, 0, 0,
        cores=list(cores), problems=list(problems), remarks=["a client went away"],
    )


def used(number: int, instructions: int, iobuf: str = "", kind: str = "RUNNING") -> CoreReport:
    return CoreReport((1, 0), number, "IF_curr_exp.aplx", 17, kind, 2, (7,) * 16, instructions,
                      0, 0, 0, 0, iobuf)


def test_load_is_that_of_the_busiest_core_since_the_last_look() -> None:
    lines = shown(
        state(1.0, used(1, 10**9), used(2, 500)),
        state(3.0, used(1, 10**9 + 2_000_000), used(2, 100_000_500), cpu=0.5),
        state(3.0, used(1, 10**9 + 2_000_000), used(2, 100_000_500)),  # nothing moved
    )
    assert lines == [
        "note: a client went away",
        "    3.000 s virtual, 1.00 x wall time, 2 cores, busiest core 1,0,2 (IF_curr_exp.aplx) "
        "25 %, 0 packets, 25 % of a host core",
    ]


def test_programs_are_heard_once_and_crashes_with_their_last_words() -> None:
    said = "[INFO] began\n[ERROR] (neuron.c: 1): no room\n"
    looks = (
        state(0.0, used(3, 5, said)), state(0.0, used(3, 5, said + "[WARN] late\n")),
        state(0.0, used(3, 5, said, "RUN_TIME_ERROR"), problems=("an image",)),
        state(0.0, used(3, 5, said, "RUN_TIME_ERROR"), problems=("an image",)),
    )
    lines = shown(*looks)[1:]
    name = "core 1,0,3 (IF_curr_exp.aplx)"
    assert lines[:2] == [f"{name}: [ERROR] (neuron.c: 1): no room", f"{name}: [WARN] late"]
    assert lines.count("refused: an image") == 1
    assert lines.count(f"{name}: RUN_TIME_ERROR 2") == 1
    assert any(line.startswith("r0=0x7 r1=0x7") for line in lines)
    assert any("[INFO] began" in line for line in lines)  # only as last words
    assert f"{name}: [INFO] began" in shown(looks[0], everything=True)


def test_io_buffers_are_told_in_words_where_the_tool_chain_is_there() -> None:
    pytest.importorskip("spinn_utilities", reason="sPyNNaker is not installed")
    assert readable("13\x1e3\x1e64\x1e60243404\nplain") != "13 3 64 60243404\nplain"
    assert "Recording channel 3 configured to use 64" in readable("13\x1e3\x1e64\x1e60243404")
    assert readable("no number\x1eat all") == "no number at all"


SCRIPT = """
import logging, sys
logging.getLogger("spynnaker").warning("No v for neurons %s", list(range(5000)))
print("home", open(__import__("os").path.expanduser("~/.spynnaker.cfg")).read())
print("arguments", sys.argv[1:])
sys.exit(3)
"""


def test_a_script_runs_on_a_board_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "script.py").write_text(SCRIPT)
    lines: list[str] = []
    # Paced, so that the script needs no tool-chain.
    code = run_on_board(Path("script.py"), ["-a", "b"], chips=4, pace="1:1", show=lines.append)
    out, err = capfd.readouterr()
    assert code == 3
    assert "machine_name = 127." in out and "arguments ['-a', 'b']" in out
    assert "[0, 1, 2, ..., 4999; 5000 in all]" in err
    assert "Emulated" in lines[0] and "unofficial" in lines[0]


def test_a_script_on_a_board_ends_with_its_command(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text("import time\ntime.sleep(60)\n")
    assert run_on_board(path, chips=4, pace="1:1", show=lambda line: None,
                        keep_going=lambda: False) != 0


@pytest.mark.parametrize("line", ["machine_name = 10.11.12.13", "spalloc_server = example.org"])
def test_a_folder_that_names_a_machine_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spynnaker.cfg").write_text(f"[Machine]\n{line}\n")
    (tmp_path / "script.py").write_text("raise SystemExit(0)\n")
    with pytest.raises(board_module.BoardError, match=line.split()[0]):
        run_on_board(Path("script.py"), chips=4, show=lambda line: None)


@pytest.mark.parametrize(("text", "short"), [
    ("[1, 2, 3]", "[1, 2, 3]"),
    (f"No v for {list(range(19))}", f"No v for {list(range(19))}"),
    (f"No v for {list(range(20))}.", "No v for [0, 1, 2, ..., 19; 20 in all]."),
    (f"{list(range(30))} {list(range(5, 45))}",
     "[0, 1, 2, ..., 29; 30 in all] [5, 6, 7, ..., 44; 40 in all]"),
])
def test_long_lists_in_messages_are_cut(text: str, short: str) -> None:
    assert shortened(text) == short
