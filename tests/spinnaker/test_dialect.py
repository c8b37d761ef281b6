"""The order of arguments in sPyNNaker's dialect is that of the sPyNNaker that is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from neuroport.pynn.dialects import ARGUMENT_ORDER

# Run apart: importing sPyNNaker writes files and sets process-wide state.
SCRIPT = """
import inspect, json
import pyNN.spiNNaker as sim
from pyNN.spiNNaker import extra_models

def shown(model):
    # Cells hide their arguments behind a wrapper that keeps the real ones.
    for cell in getattr(model.__init__, "__closure__", None) or ():
        if hasattr(cell.cell_contents, "args"):
            return cell.cell_contents.args[1:]
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in inspect.signature(model.__init__).parameters.values()
            if p.kind in kinds][1:]

names = {names!r}
models = {name: getattr(sim, name, None) or getattr(extra_models, name) for name in names}
print("SHOWN" + json.dumps({name: shown(model) for name, model in models.items()}))
"""
OURS = {"Izhikevich_curr_exp": "Izhikevich", "Projection": "SpiNNakerProjection"}
# PyNN's names for what sPyNNaker calls otherwise, and states that neuroport does not have.
_CONDUCTANCES = {"isyn_exc": "gsyn_exc", "isyn_inh": "gsyn_inh"}
RENAMED = {"IF_cond_exp": _CONDUCTANCES, "Izhikevich_cond": _CONDUCTANCES}
STATES = {"isyn_exc2",
          "exc_response", "exc_exp_response", "inh_response", "inh_exp_response", "isyn_exc",
          "isyn_inh"}


def test_arguments_are_in_the_order_of_the_installed_spynnaker(toolchain: None) -> None:
    names = [OURS.get(name, name) for name in ARGUMENT_ORDER]
    done = subprocess.run(
        [os.environ.get("NEUROPORT_SPINNAKER_PYTHON", sys.executable), "-c",
         SCRIPT.replace("{names!r}", repr(names))],
        capture_output=True, text=True, timeout=120, check=False)
    line = [t for t in done.stdout.splitlines() if t.startswith("SHOWN")]
    assert line, done.stderr
    theirs = json.loads(line[0].removeprefix("SHOWN"))
    for name, order in ARGUMENT_ORDER.items():
        renamed = RENAMED.get(name, {})
        want = [renamed.get(a, a) for a in theirs[OURS.get(name, name)]]
        if name in ("Population", "Projection"):  # ours begins after PyNN's own arguments
            want = want[-len(order):]
        assert list(order) == want[:len(order)], name
        assert set(want[len(order):]) <= STATES, name
