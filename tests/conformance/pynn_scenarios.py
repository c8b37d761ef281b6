"""Run PyNN's own scenario tests against neuroport, from a checkout of PyNN.

    git clone --branch 0.13.0 <PyNN's repository> PyNN
    python tests/conformance/pynn_scenarios.py PyNN [--backend brian2]

PyNN's tests (``test/system/scenarios``) are not part of neuroport. They run unmodified: neuroport
takes the place of a simulator module, and the list of simulators of each test is replaced. The
table says for each test whether it passed, and why not, and whether PyNN itself claims it for its
Brian2 and NEST backends.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# Why a scenario cannot pass; everything else that fails is a defect.
REASONS = {
    "test_issue259": "asks for spike times off the time grid; the contract has none",
    "test_mc_cell": "multi-compartment cells are refused by name",
    "test_scenario5": "multi-compartment cells are refused by name",
}

ONLY_ON = {
    "nest": {
        "test_HH_cond_exp": "NEST's cell fires at another moment of the action potential; refused",
        "test_simple_stochastic_synapse": "NEST draws with a generator of its own; refused by name",
        "test_composed_neuron_model": "cells composed of receptors are refused by name",
        "test_scenario3": "STDP is met under delay_rule 'next_step' and plasticity_update "
        "'deferred' only; refused with the way out",
    },
}

CONFTEST = '''
import sys
import pyNN
import pytest
import neuroport.pynn as backend

sys.modules["pyNN.neuroport"] = backend
pyNN.neuroport = backend

import scenarios.fixtures as fixtures


def run_with_simulators(*names):
    return pytest.mark.parametrize(
        "sim", [pytest.param(fixtures.LazySimulator("neuroport"), id="+".join(names))])


fixtures.run_with_simulators = run_with_simulators
'''


def main() -> int:
    """Run the scenarios and print the table; exit with 1 if one fails without a known reason."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkout", type=Path, help="a checkout of PyNN 0.13")
    parser.add_argument("--backend", default="brian2")
    arguments = parser.parse_args()
    source = arguments.checkout / "test" / "system" / "scenarios"
    if not source.is_dir():
        print(f"{source} does not exist: is {arguments.checkout} a checkout of PyNN?")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copytree(source, root / "scenarios")
        (root / "conftest.py").write_text(CONFTEST)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", os.devnull,
             "--rootdir", folder, "-rA", "-q", "-W", "ignore", "--tb=line", "scenarios"],
            cwd=root, env={**os.environ, "NEUROPORT_BACKEND": arguments.backend},
            capture_output=True, text=True, check=False,
        )
    return report(done.stdout, {**REASONS, **ONLY_ON.get(arguments.backend, {})})


def report(output: str, reasons: dict[str, str]) -> int:
    """Print the table from pytest's summary; return the exit code."""
    rows = re.findall(
        r"^(PASSED|FAILED|ERROR|SKIPPED) (?:\[\d+\] )?\S*?/(\S+?)(?:::(\w+)\[(.*?)\]|:\d+)"
        r"(?:(?: -|:) (.*))?$",
        output, flags=re.MULTILINE,
    )
    unexplained = passed = 0
    claimed = {"brian2": [0, 0], "nest": [0, 0]}
    for outcome, file, name, engines, message in sorted(rows, key=lambda r: (r[1], r[2])):
        reason = next((why for key, why in reasons.items() if key in f"{file} {name}"), "")
        passed += outcome == "PASSED"
        if outcome in ("FAILED", "ERROR") and not reason:
            unexplained += 1
        for engine in claimed:
            if engine in engines.split("+"):
                claimed[engine][1] += 1
                claimed[engine][0] += outcome == "PASSED"
        shown = "" if outcome == "PASSED" else reason or message
        print(f"{outcome.lower():8} {name or file:58} {shown}")
    print(f"\n{passed} of {len(rows)} scenarios passed")
    for engine, (good, all_of_them) in claimed.items():
        print(f"{good} of the {all_of_them} that PyNN claims for its {engine} backend")
    if unexplained or not rows:
        print(f"{unexplained} failed without a known reason" if rows else output[-2000:])
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
