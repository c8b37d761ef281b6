"""The conformance suite: what a backend declares, exercised and judged. Shipped for authors.

Two ways to run it::

    neuroport conformance NAME [-k WORDS] [--json] [--table FILE]
    pytest --pyargs neuroport.testing --backend NAME

A backend is asked for nothing but what its ``capabilities.toml`` declares
(:mod:`neuroport.backend.capabilities`): each case says which capability it needs, and where that is
not declared the case is left out with the reason. So a backend begins with a short file, one cell
and static synapses for instance, passes for what it has, and grows. What decides which cases there
are:

* ``[cells.NAME]``: every parameter as one value and as an array (but ``uniform`` and
  ``fixed_parameters``), each state's initial value (but ``fixed_states``), each of ``recordables``;
* ``[synapses.NAME]``, ``[stdp.RULE]``: weights, delays, each rule with each of ``weights``;
* ``currents``, ``[delays]``, ``[between_runs]``, ``deterministic``;
* ``[numerics]``: the cases are run in PyNN's numerics, with the choices that a backend declares to
  be fixed in their stead; the values of the choices of leaky cells and delays that are honoured
  besides have a case each (:mod:`neuroport.testing.cases.numerics`).

Who judges: a closed form or fine integration written here (:mod:`neuroport.testing.integrate`,
:mod:`neuroport.testing.pairs`). Where a backend follows rules of a machine's own, the Brian2
reference in the same numerics (needs ``pip install 'neuroport[brian2]'``). Tolerances, with their
reasons, are in :mod:`neuroport.testing.judges`.

Parts of one time step and numerics are put into one network and run in one session, so that slow
engines need few; where such a session fails, it is halved until the part at fault is alone.
"""

from neuroport.testing.case import Case, Outcome, Part, Setting
from neuroport.testing.suite import Result, chosen_cases, declared, run_suite
from neuroport.testing.table import support_matrix

__all__ = [
    "Case",
    "Outcome",
    "Part",
    "Result",
    "Setting",
    "chosen_cases",
    "declared",
    "run_suite",
    "support_matrix",
]
