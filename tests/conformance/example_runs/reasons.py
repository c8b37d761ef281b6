"""Why a script cannot run here, and what explains a surprising result of one that does.

Everything else that fails is a defect.
"""

from __future__ import annotations

import re
from typing import Any

# Script, error it must have shown, reason.
_CANNOT: list[tuple[str, str, str]] = [
    (
        "vogel_2011/vogels_2011.py",
        "Use of rng in FixedProbabilityConnector is not supported",
        "the script: it hands a random generator to FixedProbabilityConnector, which sPyNNaker "
        "7.4.1 refuses (the next version of the script does not)",
    ),
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

# Script, what explains its result.
_EXPLAINED: list[tuple[str, str]] = [
    (
        r"splitter_usage",
        "its sources have no rate, and sPyNNaker's default is 0: nothing is to fire",
    ),
    (
        r"learning/.*struct_pl|structural_plasticity",
        "static input to the structurally plastic population has no effect (sPyNNaker's fault, "
        "see below)",
    ),
    (r"ca2_adaptive", "asks for steps of 0.1 ms in real time and 750,000 input spikes a second: "
     "most of them are lost"),
    (r"motor_example", "no motor is connected; packets for it leave the board"),
    (r"retina_example", "no retina is connected, so nothing comes in"),
    (r"pushbot_(spinn|light)", "no robot is connected: its commands leave the board, its camera "
     "sends nothing"),
    (r"pendulum_follow_python", "with events of a swinging ball made for it, since "
     "its recording is not in the repository"),
    (r"pushbot_light_follower", "runs for ever; ended by Ctrl-C after 6 s"),
]


def failure(record: dict[str, Any]) -> str | None:
    """The known reason of a failure, if it is the one that was seen."""
    for part, error, reason in _CANNOT:
        if part in record["script"] and re.search(error, record["reason"] + record["stderr"]):
            return reason
    return None


def explanations(record: dict[str, Any]) -> list[str]:
    """What explains the result of a script that ran."""
    return [said for pattern, said in _EXPLAINED if re.search(pattern, record["script"])]
