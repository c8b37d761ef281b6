"""In what numbers a network is computed: a parameter of the kernel generator.

The generator (``lower/cells.py``, ``lower/synapses.py``) turns statements into loops over cells and
over the synapses of a spike. It does not know what a number is. That, and only that, an arithmetic
says:

- **what is stored**: `state` is the NumPy type of the cells' states and constants, `synapse` that
  of each synapse's columns. Counts (steps, flags) are 64-bit whole numbers in every arithmetic;
- **how it is computed**: :meth:`Arithmetic.cell_code` and :meth:`Arithmetic.synapse_code` give the
  statements (``lower/code.py`` says what they are made of): the update, the threshold, the reset,
  what a spike does to a synapse, and how a delivered weight is taken in (``arrivals``);
- **further functions** that those statements call, as Python source that numba compiles
  (`functions`), for a product that is floored or a sum that saturates;
- **what values mean**: :meth:`Arithmetic.store` and :meth:`Arithmetic.show` turn values in PyNN's
  units into stored numbers and back.

Everything else (delays, spikes, plasticity's events, recording, threads, the cache) is the same for
all of them. An arithmetic of whole numbers brings statements in whole numbers: ``state = "int32"``,
``step = ("x_v = x_v + multiply(x_v_decay, x_alpha - x_v)", ...)`` with ``multiply`` in its
functions. Statements are plain Python arithmetic, so ``>>``, ``&`` and ``//`` may be used.
To add one: derive from :class:`Arithmetic`, put it into `ARITHMETICS`, and declare in
:meth:`Arithmetic.problems` what it refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neuroport.findings import Finding
from neuroport.network.cells import CellModel
from neuroport.network.description import FloatArray, Network, Projection
from neuroport.numerics import Numerics
from neuroport.statements.neurons import neuron_code
from neuroport.statements.synapses import synapse_code
from neuroport_native.lower.code import CellCode, SynapseCode, cell_from, synapse_from

__all__ = ["ARITHMETICS", "Arithmetic", "Numbers"]

Numbers = NDArray[np.generic]


class Arithmetic:
    """Double precision, and what another arithmetic overrides.

    Attributes
    ----------
    name : str
        As the option ``arithmetic`` takes it.
    state, synapse : str
        NumPy types.
    functions : mapping of str to str
        Function -> its Python source, for statements; compiled with the kernels.
    """

    name: ClassVar[str] = "float64"
    state: ClassVar[str] = "float64"
    synapse: ClassVar[str] = "float64"
    functions: ClassVar[Mapping[str, str]] = {}

    def problems(self, network: Network) -> list[Finding]:
        """Return what in a network has no definition in this arithmetic."""
        return []

    def cell_code(self, cell: CellModel, numerics: Numerics, timestep: float) -> CellCode:
        """Return how to compute a cell type; `coefficients` in stored numbers."""
        return cell_from(neuron_code(cell, numerics, timestep), cell.recordable)

    def synapse_code(
        self, projection: Projection, target: CellModel, numerics: Numerics, timestep: float
    ) -> SynapseCode:
        """Return how to compute the synapses of a projection; `values` in stored numbers."""
        given = synapse_code(projection, target, "sent = {w}", numerics, timestep, None)
        return synapse_from(given, static=projection.synapse.kind == "static")

    def store(self, code: CellCode, variable: str, values: FloatArray) -> Numbers:
        """Return values of a cell's state as they are stored.

        Parameters
        ----------
        code : CellCode
        variable : str
            Its name inside, such as ``x_v``.
        values : ndarray of float
            In PyNN's units.
        """
        return np.asarray(code.stored(values), dtype=self.state)

    def show(self, code: CellCode, variable: str, stored: Numbers) -> FloatArray:
        """Return stored values of a cell's state in PyNN's units."""
        return np.asarray(stored, dtype=float)

    def show_weight(self, code: SynapseCode, projection: Projection, stored: Numbers) -> FloatArray:
        """Return stored weights in PyNN's units; where `code.signed`, their magnitudes."""
        return np.asarray(stored, dtype=float)

    def current(self, samples: FloatArray) -> Numbers:
        """Return injected currents (nA) as the cells' code takes them, as ``x_i_inj``."""
        return np.asarray(samples, dtype=self.state)


ARITHMETICS: dict[str, type[Arithmetic]] = {"float64": Arithmetic}
"""All of them, by name."""
