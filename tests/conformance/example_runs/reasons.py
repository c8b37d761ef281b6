"""Why a script cannot run here, and what explains a surprising result of one that does.

Everything else that fails is a defect.
"""

from __future__ import annotations

import re
from typing import Any

# Script, error it must have shown, reason.
_CANNOT: list[tuple[str, str, str]] = [
    (
        "pendulum/spike_filter.py",
        "must be divisible by the maximum number of atoms per core",
        "the script: its 82 x 82 neurons do not divide into the 16 x 16 a core that it asks for, "
        "which sPyNNaker refuses (in a thread; the script then waits for ever)",
    ),
    (
        "pendulum_follow_c_vis.py",
        "FileNotFoundError|Errno|libglut",
        "needs a window: its visualiser is a binary of the repository that needs OpenGL and GLUT",
    ),
]

# What PyNN's examples ask of sPyNNaker 7.4.1 in vain: the error, and the reason ({} is its group).
_NOT_IN_SPYNNAKER: list[tuple[str, str]] = [
    (r"module 'pyNN\.spiNNaker' has no attribute '(\w+)'", "sPyNNaker has no {}"),
    (r"NameError: name '(HH_cond_exp)' is not defined", "sPyNNaker has no {}"),
    (r"'(Population)' object has no attribute 'annotate'",
     "sPyNNaker: record() for all simulators annotates, which its {} cannot"),
    (r"Only currently supported for dt = machine_time_step",
     "sPyNNaker: a noisy current only with the time step of the machine"),
    (r"No module named '(mpi4py)'", "needs the package {}, for several processes"),
    (r"value parameter must have a length",
     "sPyNNaker: no cell parameters that are functions of the position"),
    (r"sPyNNaker does not currently do (size)",
     "sPyNNaker: projections have no {}(), which the script prints after its run"),
    (r"object of type '(Projection)' has no len", "sPyNNaker: a {} has no length"),
    (r"WrappedRNG\.next\(\) got an unexpected keyword argument 'mask_local'",
     "sPyNNaker: its random generators and PyNN's CSAConnector do not fit each other"),
    (r"object of type 'function' has no len", "sPyNNaker: no function as spike times"),
    (r"KeyError: '(label)'", "sPyNNaker: a view of a population cannot be given a {}"),
]

# Script, what explains its result.
_EXPLAINED: list[tuple[str, str]] = [
    (
        r"splitter_usage",
        "its sources have no rate, and sPyNNaker's default is 0: nothing is to fire",
    ),
    (
        r"learning/.*struct_pl|structural_plasticity_with(out)?_stdp_2d",
        "static input to the structurally plastic population has no effect (sPyNNaker's fault, "
        "see below)",
    ),
    (r"extra_models_examples/vogels_2011\.py", "weights that should stop at 0 run below it and are "
     "taken for the greatest (sPyNNaker's fault, see below)"),
    (r"ca2_adaptive", "asks for steps of 0.1 ms in real time and 750,000 input spikes a second: "
     "most of them are lost"),
    (r"motor_example", "no motor is connected; packets for it leave the board"),
    (r"retina_example", "no retina is connected, so nothing comes in"),
    (r"pushbot_(spinn|light)", "no robot is connected: its commands leave the board, its camera "
     "sends nothing"),
    (r"pendulum_follow_python", "with events of a swinging ball made for it, since "
     "its recording is not in the repository; the script sends them without a pause"),
    (r"pushbot_light_follower", "runs for ever; ended by Ctrl-C after 6 s"),
]


def failure(record: dict[str, Any]) -> str | None:
    """The known reason of a failure, if it is the one that was seen."""
    for part, error, reason in _CANNOT:
        if part in record["script"] and re.search(error, record["reason"] + record["stderr"]):
            return reason
    if "spiNNaker" in record.get("arguments", ()):
        for error, reason in _NOT_IN_SPYNNAKER:
            found = re.search(error, record["reason"])
            if found:
                return reason.format(*found.groups())
    return None


def explanations(record: dict[str, Any]) -> list[str]:
    """What explains the result of a script that ran."""
    return [said for pattern, said in _EXPLAINED if re.search(pattern, record["script"])]
