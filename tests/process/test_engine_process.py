"""A child process for an engine: answers, failures, silence, death, and what is left behind."""

import gc
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from neuroport.process import (
    EngineEndedError,
    EngineError,
    EngineFailedError,
    EngineProcess,
    EngineSilentError,
)

SCRIPT = r'''
import os, time
import numpy as np

class Engine:
    def __init__(self, link):
        self.link = link
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
    def unsendable(self):
        return lambda: 0

    def noise(self):
        print("printed")
        os.write(1, b"{written}")
        os.system("echo '{\"done\": 0, \"number\": 2}'")
        return "heard"
    def secrets(self):
        return {k: v for k, v in os.environ.items() if "CANARY" in v}
    def variables(self):
        return dict(os.environ)
    def until_stopped(self):
        self.link.tell("begun", pid=os.getpid())
        self.link.stop.wait(60.0)
        return self.link.stop.is_set()
    def murmur(self, times, every):
        for k in range(times):
            self.link.tell("still here", k=k)
            time.sleep(every)
        return times
    def leave_traces(self, path, after=0.0):
        def let_go(name):
            time.sleep(after)
            open(os.path.join(path, name), "w").close()
        self.link.at_end(lambda: let_go("in the end"))
        self.link.at_end(lambda: let_go("at once"), at_once=True)
    def start_others(self, own_session):
        import subprocess
        return subprocess.Popen(["sleep", "600"], start_new_session=own_session).pid
    def in_a_copy(self, what):
        def later():
            self.total = 99
            if what == "fails":
                raise KeyError("the copy's own words")
            if what == "hangs":
                time.sleep(600.0)
            if what == "dies":
                os._exit(5)
            return self.total
        return self.link.in_a_copy(later, 1.0), self.total

class Named:
    def __init__(self, link):
        error = RuntimeError("words")
        error.kind, error.details = "version", {"found": 3}
        raise error

class Broken:
    def __init__(self, link):
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
    for _ in range(200):
        try:
            with open(f"/proc/{pid}/stat") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return True  # ended, and its new parent does not care
        except FileNotFoundError:
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
    with pytest.raises(EngineError, match="a function cannot be sent"):
        engine.ask("unsendable")
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


def test_what_an_engine_prints_is_never_taken_for_an_answer(engine):
    assert engine.ask("noise") == "heard"
    assert "printed" in engine.log() and "{written}" in engine.log()


def test_an_engine_sees_no_secrets_but_those_it_is_given(script, monkeypatch):
    for name in ("MY_TOKEN", "DB_PASSWORD", "aws_secret_access_key", "API_KEY", "X_CREDENTIALS",
                 "PYTHONSTARTUP", "GIVEN_TOKEN"):
        monkeypatch.setenv(name, "CANARY")
    monkeypatch.setenv("LEFT_OUT", "yes")
    monkeypatch.setenv("PLAIN", "kept")
    process = EngineProcess(
        "Toy", script, "Engine", environment={"GIVEN_TOKEN": "CANARY 2", "LEFT_OUT": None})
    assert process.ask("secrets") == {"GIVEN_TOKEN": "CANARY 2"}
    seen = process.ask("variables")
    assert seen["PLAIN"] == "kept" and "LEFT_OUT" not in seen
    process.close()


def test_a_wait_that_was_broken_off_does_not_answer_the_next_question(engine):
    def give_up():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.ask("sleep", seconds=0.5, waiting=give_up)
    assert engine.ask("add", values=np.arange(4)) == 6


def test_an_engine_is_asked_to_stop_and_only_what_it_does_then(engine):
    for _ in range(2):
        began = time.monotonic()
        assert engine.ask("until_stopped", waiting=engine.stop) is True
        assert time.monotonic() - began < 30.0


def test_an_engine_is_interrupted_and_lives_on(engine):
    begun = time.monotonic()

    def interrupt():
        if time.monotonic() > begun + 1.0:
            engine.interrupt()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.ask("sleep", seconds=60, waiting=interrupt)
    assert time.monotonic() < begun + 30.0
    assert engine.ask("add", values=[1]) == 1


def test_notes_are_signs_of_life_but_not_for_ever(script):
    heard = []

    class Listening(EngineProcess):
        def _heard(self, note, details):
            heard.append((note, details["k"]))

    process = Listening("Toy", script, "Engine")
    assert process.ask("murmur", times=8, every=0.25, timeout=1.5) == 8
    assert heard == [("still here", k) for k in range(8)]
    with pytest.raises(EngineSilentError, match="'murmur'"):
        process.ask("murmur", times=100, every=0.25, timeout=20.0, within=1.0)
    assert not process.alive


def test_arrays_larger_than_any_pipe_go_both_ways(engine):
    big = np.arange(3_000_000)
    assert engine.ask("add", values=big) == int(big.sum())


@pytest.mark.parametrize(("what", "words"), [
    ("fails", "KeyError: \"the copy's own words\""), ("hangs", "it hung"),
    ("dies", "status 5"),
])
def test_a_copy_of_an_engine_that_fails_is_named(engine, what, words):
    assert engine.ask("in_a_copy", what="works") == [99, 0]
    with pytest.raises(EngineFailedError, match=words):
        engine.ask("in_a_copy", what=what)
    assert engine.ask("add", values=[1]) == 1


def test_an_exception_tells_its_kind_and_details(script):
    class Asking(EngineProcess):
        def _failed(self, method, told):
            return LookupError(method, told["error"], told["found"], told["text"])

    with pytest.raises(LookupError) as caught:
        Asking("Toy", script, "Named")
    assert caught.value.args == ("start", "version", 3, "words")


# -- the end -----------------------------------------------------------------------------------


def test_a_closed_engine_lets_go_first(engine, tmp_path):
    engine.ask("leave_traces", path=str(tmp_path), after=0.5)
    engine.close()
    assert sorted(p.name for p in tmp_path.glob("*n*")) == ["at once", "engine.py", "in the end"]
    assert "engine is up" in engine.log()  # still to be read


@pytest.mark.parametrize("own_session", [False, True], ids=["in its group", "apart"])
def test_what_an_engine_has_started_ends_with_it(script, own_session, monkeypatch):
    monkeypatch.setattr("neuroport.process.ending._ORPHANS", 1.0)
    process = EngineProcess("Toy", script, "Engine")
    other = process.ask("start_others", own_session=own_session)
    process.close()
    assert gone(other)


PARENT = """
import os, signal, sys, time
from pathlib import Path
from neuroport.process import EngineProcess
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
process = EngineProcess("Toy", Path(sys.argv[1]), "Engine", grace=3.0)
process.ask("leave_traces", path=sys.argv[2])
process.stop()
print(process.number, process.folder, flush=True)
if sys.argv[3] == "busy":
    process.ask("sleep", seconds=600)
elif sys.argv[3] == "idle":
    time.sleep(600)
"""


@pytest.mark.parametrize("how", ["idle", "busy", "end of the program", "deaf"])
def test_nothing_is_left_behind_however_the_parent_ends(script, tmp_path, how):
    traces = tmp_path / "traces"
    traces.mkdir()
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(script), str(traces),
         {"deaf": "busy"}.get(how, how)], stdout=subprocess.PIPE, text=True)
    number, folder = parent.stdout.readline().split()
    time.sleep(0.5)
    if how == "deaf":  # a child that does not even notice ends when the parent does away with it
        os.kill(int(number), signal.SIGSTOP)
        parent.send_signal(signal.SIGINT)
    elif how != "end of the program":
        parent.kill()
    parent.wait(timeout=60)
    parent.stdout.close()
    assert gone(int(number))
    limit = time.monotonic() + 20.0
    while os.path.exists(folder):
        assert time.monotonic() < limit
        time.sleep(0.1)
    found = {p.name for p in traces.iterdir()}
    assert found == {"idle": {"at once", "in the end"}, "busy": {"at once"},
                     "end of the program": {"at once", "in the end"}, "deaf": set()}[how]
