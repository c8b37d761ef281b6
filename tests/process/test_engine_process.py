"""A child process for an engine: answers, failures, silence, death, and what is left behind."""

import gc
import os
import signal
import time

import numpy as np
import pytest

from neuroport.process import EngineEndedError, EngineError, EngineProcess, EngineSilentError

SCRIPT = '''
import os, time
import numpy as np

class Engine:
    def __init__(self):
        print("engine is up")
        self.total = 0
    def add(self, values):
        self.total += int(np.sum(values))
        return self.total
    def fail(self):
        raise ValueError("no such thing")
    def sleep(self, seconds):
        time.sleep(seconds)
    def die(self, status):
        print("last words")
        os._exit(status)
    def place(self):
        return os.getcwd(), os.environ["HOME"], os.getpid()
    def unpicklable(self):
        return lambda: 0

class Broken:
    def __init__(self):
        raise RuntimeError("cannot start")
'''


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "engine.py"
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def engine(script):
    process = EngineProcess("Toy", script, "Engine")
    yield process
    process.close()


def gone(pid):
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_it_answers_keeps_its_state_and_lives_in_a_place_of_its_own(engine):
    assert engine.ask("add", values=np.arange(4)) == 6
    assert engine.ask("add", values=np.ones(2)) == 8
    folder, home, pid = engine.ask("place")
    assert folder != os.getcwd() and home.startswith(folder) and pid != os.getpid()
    assert "engine is up" in engine.log()


def test_a_failure_is_named_and_the_process_goes_on(engine):
    with pytest.raises(EngineError, match="ValueError: no such thing"):
        engine.ask("fail")
    with pytest.raises(EngineError, match="no_such_method"):
        engine.ask("no_such_method")
    with pytest.raises(EngineError, match="pickle"):
        engine.ask("unpicklable")
    assert engine.ask("add", values=[1]) == 1


def test_silence_and_death_are_named_and_leave_nothing_behind(script):
    for method, keywords, error, words in (
        ("sleep", {"seconds": 60}, EngineSilentError, "0.3 s"),
        ("die", {"status": 3}, EngineEndedError, "exit status 3"),
    ):
        process = EngineProcess("Toy", script, "Engine", timeout=20.0)
        folder, pid = process.folder, process.number
        with pytest.raises(error, match=words):
            process.ask(method, timeout=0.3 if method == "sleep" else None, **keywords)
        assert not process.alive and gone(pid) and not folder.exists()
        with pytest.raises(EngineEndedError, match="closed"):
            process.ask("place")


def test_a_killed_process_names_the_signal(engine):
    os.kill(engine.number, signal.SIGKILL)
    with pytest.raises(EngineEndedError, match="SIGKILL"):
        engine.ask("place")


def test_a_start_that_fails_is_named(script):
    with pytest.raises(EngineError, match="cannot start"):
        EngineProcess("Toy", script, "Broken")


def test_a_forgotten_process_ends(script):
    process = EngineProcess("Toy", script, "Engine")
    folder, pid = process.folder, process.number
    del process
    gc.collect()
    assert gone(pid) and not folder.exists()


def test_waiting_is_told_and_can_give_up(engine):
    looks = []

    def look():
        looks.append(1)
        if len(looks) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.ask("sleep", seconds=30, waiting=look)
