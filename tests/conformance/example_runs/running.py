"""Running one example on a board of its own, and what came of it as a record."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from neuroport_spinnaker.board import Board, write_configuration

from example_runs import moving_ball
from example_runs.scripts import Script

HERE = Path(__file__).parent
_TAIL = 3000


def run(script: Script, checkout: Path, limit: float) -> dict[str, Any]:
    """Run one script to its end or to `limit` seconds of wall time.

    Parameters
    ----------
    script : Script
        What to run.
    checkout : Path
        Where it lies; it runs in a copy.
    limit : float
        Seconds of wall time.

    Returns
    -------
    dict
        The record, ready for JSON.
    """
    if script.needs.impossible:
        return _not_tried(script)
    with tempfile.TemporaryDirectory(prefix="neuroport-example-") as folder:
        home = Path(folder)
        copy = home / "work"
        shutil.copytree(checkout, copy, ignore=shutil.ignore_patterns(".git"))
        pace = 1.0 if script.live else None
        start, used, own = time.monotonic(), _children_cpu(), time.process_time()
        with Board(48, boards=script.needs.boards, pace=pace) as board:
            write_configuration(board, home, extra=script.needs.configuration)
            outcome = _watch(board, script, home, copy, limit)
            report = board.report(60)
            engine = board.cpu_seconds
        record = {
            "script": script.name,
            "arguments": list(script.needs.arguments),
            "configuration": list(script.needs.configuration),
            "boards": script.needs.boards,
            "pace": pace,
            "limit": limit,
            "wall": time.monotonic() - start,
            "virtual": report.virtual_seconds,
            "engine_cpu": engine,
            "board_cpu": time.process_time() - own - engine,
            "host_cpu": _children_cpu() - used,
            "cores": len(report.finished) + len(report.cores),
            "instructions": report.instructions,
            "packets": report.packets_sent,
            "unrouted": report.packets_unrouted,
            "findings": list(dict.fromkeys(report.findings())),
            "iobuf": [core.iobuf[-300:] for core in report.crashed][:3],
            **outcome,
        }
        record["notes"] = _json(home / "notes.json")
        record["live"] = {
            name.stem.removeprefix("live-"): _json(name) for name in sorted(home.glob("live-*"))
        }
    return record


def _not_tried(script: Script) -> dict[str, Any]:
    return {
        "script": script.name, "boards": 1, "pace": None, "limit": 0, "wall": 0, "virtual": 0,
        "engine_cpu": 0, "board_cpu": 0, "host_cpu": 0, "cores": 0, "findings": [],
        "result": "not tried", "reason": f"needs {script.needs.impossible}", "thread_errors": 0,
        "returncode": None, "display": False, "printed": 0, "stdout": "", "stderr": "",
        "notes": None, "live": {},
    }


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def _environment(script: Script, home: Path, copy: Path) -> dict[str, str]:
    environment = dict(
        os.environ, HOME=str(home), MPLBACKEND="Agg", PYTHONUNBUFFERED="1"
    )
    if not (copy / "pyNN").is_dir():  # PyNN's own checkout must not hide the one installed
        environment["PYTHONPATH"] = str(copy)
    environment.pop("DISPLAY", None)
    programs = home / "bin"
    programs.mkdir()
    for name, labels in script.needs.commands.items():
        wanted = " ".join([str(home / f"live-{name}.json"), "0", *labels])
        (programs / name).write_text(
            f"#!/bin/sh\nexec {sys.executable} {HERE / 'live_listener.py'} {wanted}\n"
        )
        (programs / name).chmod(0o755)
    environment["PATH"] = f"{programs}{os.pathsep}{environment['PATH']}"
    return environment


def _watch(
    board: Board, script: Script, home: Path, copy: Path, limit: float
) -> dict[str, Any]:
    environment = _environment(script, home, copy)
    companions: list[subprocess.Popen[bytes]] = []
    needs = script.needs
    display = None
    try:
        if needs.close is not None and shutil.which("Xvfb"):
            display = _virtual_display(companions)
            environment["DISPLAY"] = display
        if needs.listen is not None:
            port, labels = needs.listen
            companions.append(_listener(home, port, labels, environment))
        path = copy / script.name
        if "spiNNaker" in needs.arguments:  # sPyNNaker does not make the folder for its results
            (path.parent / "Results" / time.strftime("%Y%m%d")).mkdir(parents=True)
        if needs.swinging_ball:
            (path.parent / "spikes.csv").write_text(moving_ball.events(needs.swinging_ball))
        command = [
            sys.executable, str(HERE / "child.py"), str(home / "notes.json"),
            "1" if script.live else "0", str(path), *needs.arguments,
        ]
        with (home / "out").open("wb") as out, (home / "err").open("wb") as err:
            process = subprocess.Popen(
                command, cwd=path.parent, env=environment, stdin=subprocess.DEVNULL,
                stdout=out, stderr=err, start_new_session=True,
            )
            finished = _wait(board, process, script, limit)
    finally:
        for companion in reversed(companions):
            companion.terminate()
            try:
                companion.wait(10)
            except subprocess.TimeoutExpired:
                companion.kill()
    out_text = (home / "out").read_text(errors="replace")
    err_text = (home / "err").read_text(errors="replace")
    hidden = {str(copy): ".", str(home): "~", sys.prefix: "(python)"}
    for text, shown in hidden.items():
        out_text, err_text = out_text.replace(text, shown), err_text.replace(text, shown)
    return {
        "result": _result(finished, process.returncode),
        "reason": last_error(err_text),
        "thread_errors": len(re.findall(r"^Exception in thread", err_text, re.MULTILINE)),
        "returncode": process.returncode,
        "display": display is not None,
        "printed": out_text.count("\n"),
        "stdout": out_text[-_TAIL:],
        "stderr": err_text[-_TAIL:],
    }


def _result(finished: bool, code: int) -> str:
    if not finished:
        return "not finished"
    return "ran" if code == 0 else "failed"


def last_error(text: str) -> str:
    """The line of the last traceback that names the error, or an empty text."""
    found = ""
    for part in text.split("Traceback (most recent call last):")[1:]:
        match = re.search(r"^([\w.]*(?:Error|Exception|Exit|Interrupt|Warning)\b.*)$", part,
                          re.MULTILINE)
        if match is None:
            match = re.search(r"^(\w[\w.]*: .*)$", part, re.MULTILINE)
        if match is not None:
            found = match.group(1)
    return found[:400]


def _wait(
    board: Board, process: subprocess.Popen[bytes], script: Script, limit: float
) -> bool:
    """Wait; False if the limit was reached.  Closes the script's window when it is due."""
    end = time.monotonic() + limit
    close, interrupt = script.needs.close, script.needs.interrupt
    while time.monotonic() < end:
        try:
            process.wait(0.25)
            return True
        except subprocess.TimeoutExpired:
            pass
        if close is not None and board.report(60).virtual_seconds >= close[1]:
            _close_window(process.pid, close[0])
        if interrupt is not None and board.report(60).virtual_seconds >= interrupt:
            process.send_signal(signal.SIGINT)
            interrupt = None
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return False


def _close_window(parent: int, part: str) -> None:
    """End the processes that a script started and whose command line contains `part`."""
    try:
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        for child in children:
            if part in Path(f"/proc/{child}/cmdline").read_text():
                os.kill(int(child), signal.SIGTERM)
    except OSError:
        pass  # it has just ended


def _listener(
    home: Path, port: int, labels: tuple[str, ...], environment: dict[str, str]
) -> subprocess.Popen[bytes]:
    listener = subprocess.Popen(
        [sys.executable, str(HERE / "live_listener.py"), str(home / "live-listener.json"),
         str(port), *labels],
        env=environment, stderr=subprocess.PIPE,
    )
    assert listener.stderr is not None
    for line in listener.stderr:
        if line.startswith(b"Listening"):
            break
    return listener


def _virtual_display(companions: list[subprocess.Popen[bytes]]) -> str:
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-nolisten", "tcp", "-screen", "0", "1280x1024x24"],
        pass_fds=(write,), stderr=subprocess.DEVNULL,
    )
    os.close(write)
    companions.append(server)
    with os.fdopen(read) as stream:
        return f":{stream.readline().strip()}"
