"""Which scripts a checkout has, and what each needs beside a board."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

# Files that are no examples of their own.
_NOT_SCRIPTS = re.compile(
    r"(^|/)(__init__|utils|set_numbers|conftest)\.py$|^(unittests|integration_tests)/"
    r"|^examples/tools/|^examples/Potjans2014/(?!run_microcircuit)"
)
_LIVE = re.compile(
    r"SpynnakerLiveSpikesConnection|PoissonControlConnection|activate_live_output_for"
    r"|SpikeInjector|RetinaViewer"
)
# Minutes of wall time each: they come last.
_LONG = re.compile(
    r"neuromodulat|izk|triplet|stdp_curve|2d\.py|vogels|va_benchmark|sudoku|pendulum|pushbot"
    r"|interactive|split|live_rate|VAbench|brunel|Potjans"
)
_PYNN = re.compile(r"get_simulator|get_script_args|parser.add_argument\(.simulator_name")


@dataclass(frozen=True)
class Needs:
    """What a script needs.

    Attributes
    ----------
    boards : int
        Boards of 48 chips.
    listen : tuple of (int, tuple of str)
        Port and populations of a receiver of live spikes beside the script, as a visualiser is.
    commands : dict of str to tuple of str
        Visualisers that the script starts by name, and the populations they show.
    close : tuple of (str, float)
        Window to close (part of its command line) and after how many virtual seconds.
    interrupt : float, optional
        Virtual seconds after which Ctrl-C ends a script that would run for ever.
    swinging_ball : int
        Milliseconds of events to put beside the script as ``spikes.csv``.
    configuration : tuple of str
        Lines of the script's ``.spynnaker.cfg``, sections included.
    arguments : tuple of str
        Command line.
    impossible : str
        What is missing here, where that is known beforehand.
    """

    boards: int = 1
    listen: tuple[int, tuple[str, ...]] | None = None
    commands: dict[str, tuple[str, ...]] = field(default_factory=dict)
    close: tuple[str, float] | None = None
    interrupt: float | None = None
    swinging_ball: int = 0
    configuration: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    impossible: str = ""


# Else sPyNNaker refuses random generators of the script's own; so it ignores them with a warning.
_LENIENT = ("[Simulation]", "error_on_non_spynnaker_pynn = False")
_VOGELS_LIVE = Needs(listen=(19999, ("Excitatory", "Inhibitory")))

NEEDS = {
    "examples/external_devices_examples/live_examples/synfire_if_curr_exp_live.py": Needs(
        listen=(19999, ("pop_1",))
    ),
    "examples/extra_models_examples/vogel_2011/vogels_2011.py": Needs(configuration=_LENIENT),
    "examples/extra_models_examples/vogel_2011/vogels_2011_live.py": _VOGELS_LIVE,
    "examples/extra_models_examples/vogels_2011_live.py": _VOGELS_LIVE,
    "examples/external_devices_examples/live_examples/"
    "spike_io_interactive_demo_with_c_vis.py": Needs(close=("", 10.0)),
    "examples/external_devices_examples/pushbot_ethernet_example.py": Needs(
        impossible="a PushBot robot at 10.10.10.1"
    ),
    "examples/external_devices_examples/pushbot_light_follower.py": Needs(interrupt=6.0),
    "spiNNaker_start/spinnaker_start.py": Needs(
        impossible="a job on the machine in Manchester, which it asks for over the internet; "
        "shows a machine starting, no PyNN"
    ),
    "pendulum/spike_filter.py": Needs(swinging_ball=2000),
    "pendulum/pendulum_follow_python_vis.py": Needs(swinging_ball=2000),
    # the second argument is the one of PyNN's own run_all_examples.py
    "examples/VAbenchmarks.py": Needs(arguments=("CUBA",)),
    "sudoku/sudoku_main.py": Needs(
        commands={"spynnaker_sudoku": ("Cells",)}, close=("set_numbers", 25.0)
    ),
}


# Examples of PyNN that name another simulator in their text.
_OTHERS = {
    "nineml_": "NineML, and NEURON or NEST, which it imports by name",
    "nestml/": "NEST with NESTML, which it imports by name",
    "/mc/": "multi-compartment cells of NEURON or Arbor",
    "nrn_artificial_cell": "NEURON, which it imports by name",
    "iaf_sfa_relref": "NEURON or NEST, which it imports by name, and NeuroTools",
    "Potjans2014": "a simulator that its own settings name (NEST), and a queue of jobs",
}


@dataclass(frozen=True)
class Script:
    """One example: its name within the checkout, whether it is live, and its needs."""

    name: str
    live: bool
    needs: Needs


def _of_pynn(name: str, text: str, needs: Needs) -> Needs:
    """PyNN's examples take the simulator as an argument, or are written for one."""
    for part, impossible in _OTHERS.items():
        if part in name:
            return Needs(impossible=impossible)
    if not _PYNN.search(text):
        return Needs(impossible="no simulator; it only draws random numbers")
    return replace(
        needs, arguments=("spiNNaker", *needs.arguments), configuration=_LENIENT
    )


def find(checkout: Path) -> list[Script]:
    """All examples of a checkout of PyNNExamples or of PyNN, those that take long at the end."""
    start = checkout / "examples" if (checkout / "pyNN").is_dir() else checkout
    found = []
    for path in sorted(start.rglob("*.py")):
        name = path.relative_to(checkout).as_posix()
        if _NOT_SCRIPTS.search(name):
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        needs = NEEDS.get(name, Needs())
        if start != checkout:
            needs = _of_pynn(name, text, needs)
        found.append(Script(name, bool(_LIVE.search(text)), needs))
    return sorted(found, key=lambda script: bool(_LONG.search(script.name)))
