"""Scripts that the tests run, as text."""

PLAIN = """
import neuroport.pynn as sim
sim.setup(timestep=0.1)
cells = sim.Population(5, sim.IF_curr_exp(i_offset=1.0), label="cells")
cells.record(["spikes", "v"])
sim.run(60.0)
print("the script printed this")
sim.end()
"""

NEST = PLAIN.replace("import neuroport.pynn as sim", "import pyNN.nest as sim")

UTILITY = PLAIN.replace(
    "import neuroport.pynn as sim",
    "from pyNN.utility import get_simulator\nsim, options = get_simulator()",
)

STAR = PLAIN.replace("import neuroport.pynn as sim", "from pyNN.nest import *").replace("sim.", "")

ARGUMENTS = UTILITY.replace("get_simulator()", """get_simulator(
    ("--cells", "how many", {"type": int}))
assert options.cells == 3""")

FUNCTION = '''
def model(sim, n: int = 4, drive: float = 1.0):
    """Cells with a constant current.

    Parameters
    ----------
    n : int
        How many cells.
    """
    cells = sim.Population(n, sim.IF_curr_exp(i_offset=drive), label="cells")
    cells.record("spikes")
'''

MISSPELT = """
import neuroport.pynn as sim
sim.setup(timestep=0.1)
cells = sim.Population(5, sim.IF_curr_exp(tau_mm=10.0))
sim.run(10.0)
"""

WRONG_UNIT = """
import neuroport.pynn as sim
sim.setup(timestep=0.1)
cells = sim.Population(5, sim.IF_curr_exp(tau_m=0.02), label="cells")
cells.record("spikes")
sim.run(10.0)
"""

BROKEN = PLAIN.replace('print("the script printed this")', "cells.recrd('v')")

REFUSED = """
import neuroport.pynn as sim
sim.setup(timestep=1.0, numerics="spinnaker")
cells = sim.Population(5, sim.HH_cond_exp(), label="cells")
cells.record("spikes")
sim.run(10.0)
"""

LONG = """
import neuroport.pynn as sim
sim.setup(timestep=0.1)
cells = sim.Population(5, sim.IF_curr_exp(i_offset=1.0), label="cells")
cells.record("spikes")


def under_way(now):
    if now == 0.0:
        return 100.0
    print("under way", flush=True)
    return 1e9


sim.run(60000.0, callbacks=[under_way])
"""
