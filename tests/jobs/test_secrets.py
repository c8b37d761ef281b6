"""No user and no password of an address gets out of this process's memory."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuroport import secrets
from neuroport.errors import Problem, UserError
from neuroport.jobs.backend_choice import backend_choices
from neuroport.jobs.specification import RunSpec
from neuroport.secrets import (
    keep_secrets,
    known_secrets,
    learn_secrets,
    with_secrets,
    without_secrets,
)

#: Whatever a user may type before the @, and the parts that have a meaning of their own.
PASSWORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="@"),
                    min_size=6, max_size=20).map("Zq9".__add__)


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what other tests made known."""
    monkeypatch.setattr(secrets, "_known", {})
    monkeypatch.setattr(secrets, "_words", set())


@given(PASSWORDS, st.sampled_from(["host", "host:22", "[::1]:80", "host/a/b"]))
def test_an_address_is_kept_without_and_used_with(password: str, place: str) -> None:
    whole = f"https://user:{password}@{place}"
    plain = keep_secrets(whole)
    assert plain == f"https://{place}"
    assert with_secrets(plain) == whole
    nested = {"a": [whole, 1], "b": {"c": f"spalloc={whole}"}}
    assert keep_secrets(nested) == {"a": [plain, 1], "b": {"c": f"spalloc={plain}"}}
    assert with_secrets(keep_secrets(nested)) == nested
    assert known_secrets(plain) == {plain: whole}
    assert password not in without_secrets(f"Error: 401 for {password}, see log")


@given(PASSWORDS)
def test_a_specification_shows_nothing_and_gives_it_to_the_backend(password: str) -> None:
    whole = f"https://user:{quote(password, safe='')}@host"
    spec = RunSpec("m", arguments=[f"--where={whole}"], backend="spinnaker",
                   options={"spalloc": whole})
    shown = json.dumps(spec.as_dict()) + repr(spec) + spec.command + spec.hash
    assert quote(password, safe="") not in shown
    assert password not in shown
    assert spec.backend_options == {"spalloc": whole}
    assert spec.words == (f"--where={whole}",)
    assert RunSpec.from_dict(spec.as_dict()).backend_options == {"spalloc": whole}


@given(PASSWORDS.filter(lambda p: not p.partition(":")[2]))
def test_a_backend_as_written_shows_nothing(password: str) -> None:
    (chosen,) = backend_choices(f"spinnaker:spalloc=https://user:{password}@host")
    assert password not in chosen.name
    assert chosen.options == {"spalloc": "https://host"}
    assert with_secrets("https://host") == f"https://user:{password}@host"


@given(PASSWORDS)
@settings(max_examples=30)
def test_errors_say_nothing(password: str) -> None:
    whole = f"https://user:{quote(password, safe='')}@host"
    keep_secrets(whole)
    error = UserError(Problem(f"no answer from {whole}", f"{whole}/x", password, f"try {whole}"))
    assert quote(password, safe="") not in str(error)
    assert password not in str(error)


def test_running_text_keeps_what_is_no_secret() -> None:
    for text in ("mail me@host.org", "https://host/path", "a@b://c", "5 @ 3 kHz"):
        assert without_secrets(text) == text


def test_another_process_learns_what_it_needs() -> None:
    keep_secrets(["https://a:one1one1@host", "https://b:two2two2@other"])
    wanted = known_secrets({"spalloc": "https://host"})
    assert wanted == {"https://host": "https://a:one1one1@host"}
    secrets._known.clear()
    learn_secrets(wanted)
    assert with_secrets("https://host") == "https://a:one1one1@host"


PASSWORD = "Xk7-vQz31pW"
ADDRESS = f"https://someone:{PASSWORD}@127.0.0.1:9"  # nothing listens to the discard port
SCRIPT = """
import neuroport, neuroport.pynn as sim
sim.setup(timestep=1.0, backend="brian2")
cells = sim.Population(2, sim.IF_curr_exp(i_offset=1.0, tau_refrac=1.0), label="cells")
cells.record("spikes")
sim.run(20.0)
"""
FAILS = SCRIPT + f"""
other = neuroport.simulator("spinnaker", timestep=1.0, numerics="spinnaker", spalloc="{ADDRESS}")
other.Population(2, other.IF_curr_exp(), label="more").record("spikes")
other.run(20.0)
"""
RUNS = {
    "stored with its command": ["run", "script.py", "-b", "spinnaker", "--spalloc", ADDRESS],
    "as JSON": ["run", "script.py", "-b", "spinnaker", f"--spalloc={ADDRESS}", "--json"],
    "refused by the network": ["run", "ca3-memory", "-b", "spinnaker", "--spalloc", ADDRESS, "-v",
                               "--traceback"],
    "misspelt": ["run", "ca3-memory", "-b", "spinnaker", "--spaloc", ADDRESS, "--traceback"],
    "as a value that cannot be": ["run", "ca3-memory", "--cues", ADDRESS],
    "in a script": ["run", "fails.py", "--traceback", "--json"],
    "compared": ["compare", "ca3-memory", "-b", f"brian2,spinnaker:spalloc={ADDRESS}", "--html",
                 "report.html", "--junit", "report.xml", "--output", "kept", "--json"],
    "compared, for all": ["compare", "ca3-memory", "-b", "brian2,spinnaker", "--spalloc", ADDRESS,
                          "--html", "report.html"],
    "reproduced": ["reproduce", "ca3-memory", "-b", f"spinnaker:spalloc={ADDRESS}"],
}


@pytest.mark.parametrize("words", [
    pytest.param(words, id=name, marks=[pytest.mark.slow] * (name == "compared, for all"))
    for name, words in RUNS.items()
])
def test_no_file_and_no_output_has_the_password(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setenv("HOME", str(tmp_path / "work"))
    scripts = {"script.py": SCRIPT, "fails.py": FAILS}
    for name, text in scripts.items():
        (tmp_path / "work" / name).write_text(text)
    done = subprocess.run([sys.executable, "-m", "neuroport", *words], cwd=tmp_path / "work",
                          capture_output=True, timeout=300, check=False)
    output = io.BytesIO(done.stdout + done.stderr).getvalue()
    if words[1] == "script.py":
        assert done.returncode == 0, output.decode()
    else:
        assert any(w in output for w in (b"127.0.0.1", b"did you mean --spalloc?"))
    files = [p for p in tmp_path.rglob("*") if p.is_file() and p.name not in scripts]
    for name, content in [("output", output), *((str(p), p.read_bytes()) for p in files)]:
        for word in (PASSWORD, "someone", quote(PASSWORD)):
            assert word.encode() not in content, name
