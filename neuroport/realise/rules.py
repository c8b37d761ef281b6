"""Connectors that sPyNNaker has beside PyNN's: who is joined follows from numbers alone.

Names, arguments and meaning are those of sPyNNaker 7.4.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyNN.connectors import Connector

from neuroport.errors import ConnectorError, Problem
from neuroport.realise.wiring import Connections, IntArray, by_post

__all__ = ["AllButMeConnector", "KernelConnector", "OneToOneOffsetConnector", "RuleConnector"]


class RuleConnector(Connector):  # type: ignore[misc]
    """A connector that needs to know no more than the sizes of the two groups."""

    def join(self, n_pre: int, n_post: int) -> Connections:
        """Return the connections between groups of two sizes.

        Raises
        ------
        ConnectorError
            If the connector does not fit the groups.
        """
        raise NotImplementedError


class AllButMeConnector(RuleConnector):
    """Joins each cell of a group to all others of the group, as a winner-takes-all group needs.

    Parameters
    ----------
    n_neurons_per_group : int, optional
        Cells 0 to n-1 are a group, the next n another one; all are one group where it is left out.
    weights : sequence of float, optional
        One for each synapse of a group, source by source; the same for every group.
    """

    parameter_names = ("n_neurons_per_group", "weights")

    def __init__(
        self, n_neurons_per_group: int | None = None, weights: Sequence[float] | None = None,
        safe: bool = True, callback: Any = None,
    ) -> None:
        super().__init__(safe, callback)
        self.n_neurons_per_group, self.weights = n_neurons_per_group, weights

    def join(self, n_pre: int, n_post: int) -> Connections:
        size = _group(self.n_neurons_per_group, min(n_pre, n_post), "AllButMeConnector")
        pre, post = np.nonzero(~np.eye(size, dtype=bool))
        groups = min(n_pre, n_post) // size
        shift = np.repeat(np.arange(groups) * size, pre.size)
        columns: dict[str, NDArray[np.float64]] = {}
        if self.weights is not None:
            weights = np.asarray(self.weights, dtype=float).ravel()
            if weights.size != pre.size:
                raise ConnectorError(Problem(
                    "AllButMeConnector: the weights are not those of one group",
                    measured=f"{weights.size} weights",
                    limit=f"{size} x {size - 1} = {pre.size}"))
            columns["weight"] = np.tile(weights, groups)
        return _by_post(np.tile(pre, groups) + shift, np.tile(post, groups) + shift, columns)


class OneToOneOffsetConnector(RuleConnector):
    """Joins cell i to cell i + offset of the same group.

    Parameters
    ----------
    offset : int
        Also below 0.
    wrap : bool
        Whether cells at the end of a group are joined to those at its beginning.
    n_neurons_per_group : int, optional
        Cells 0 to n-1 are a group, the next n another one; all are one group where it is left out.
    """

    parameter_names = ("offset", "wrap", "n_neurons_per_group")

    def __init__(
        self, offset: int, wrap: bool, n_neurons_per_group: int | None = None, safe: bool = True,
        callback: Any = None,
    ) -> None:
        super().__init__(safe, callback)
        self.offset, self.wrap, self.n_neurons_per_group = offset, wrap, n_neurons_per_group

    def join(self, n_pre: int, n_post: int) -> Connections:
        size = _group(self.n_neurons_per_group, min(n_pre, n_post), "OneToOneOffsetConnector")
        pre = np.arange(min(n_pre, n_post) // size * size, dtype=np.int64)
        group, place = np.divmod(pre, size)
        target = place + int(self.offset)
        inside = np.ones(pre.size, dtype=bool) if self.wrap else (target >= 0) & (target < size)
        post = group * size + target % size
        return by_post(pre[inside], post[inside])


class KernelConnector(RuleConnector):
    """Joins two sheets of cells by a kernel that is moved over them.

    Cells are numbered row by row. A postsynaptic cell stands over a place of the presynaptic
    sheet; the cells around it, as far as the kernel reaches, are joined to it.

    Parameters
    ----------
    shape_pre, shape_post, shape_kernel : (int, int)
        Rows and columns.
    weight_kernel, delay_kernel : array of shape `shape_kernel`, float, optional
        Weights and delays (ms) by place in the kernel; else those of the synapse type.
    pre_sample_steps_in_post, post_sample_steps_in_pre : (int, int), optional
        Rows and columns of one sheet for a row and column of the other.
    pre_start_coords_in_post, post_start_coords_in_pre : (int, int), optional
        Row and column at which each sheet begins on the other.
    """

    parameter_names = ("shape_pre", "shape_post", "shape_kernel")

    def __init__(
        self, shape_pre: Sequence[int], shape_post: Sequence[int], shape_kernel: Sequence[int],
        weight_kernel: Any = None, delay_kernel: Any = None,
        shape_common: Sequence[int] | None = None,
        pre_sample_steps_in_post: Sequence[int] | None = None,
        pre_start_coords_in_post: Sequence[int] | None = None,
        post_sample_steps_in_pre: Sequence[int] | None = None,
        post_start_coords_in_pre: Sequence[int] | None = None,
        safe: bool = True, space: Any = None, callback: Any = None,
    ) -> None:
        super().__init__(safe, callback)
        self.shape_pre, self.shape_post, self.shape_kernel = (
            (int(rows), int(columns)) for rows, columns in (shape_pre, shape_post, shape_kernel))
        self.kernels = {
            name: _kernel(name, kernel, self.shape_kernel)
            for name, kernel in (("weight", weight_kernel), ("delay", delay_kernel))
            if kernel is not None
        }
        self.pre_step = tuple(pre_sample_steps_in_post or (1, 1))
        self.pre_start = tuple(pre_start_coords_in_post or (0, 0))
        self.post_step = tuple(post_sample_steps_in_pre or (1, 1))
        self.post_start = tuple(post_start_coords_in_pre or (0, 0))

    def join(self, n_pre: int, n_post: int) -> Connections:
        problems = [
            Problem(f"KernelConnector: {name} does not fit the population",
                    measured=f"{shape[0]} x {shape[1]} = {shape[0] * shape[1]} cells",
                    limit=f"{size} cells")
            for name, shape, size in (("shape_pre", self.shape_pre, n_pre),
                                      ("shape_post", self.shape_post, n_post))
            if shape[0] * shape[1] != size
        ]
        if problems:
            raise ConnectorError(problems)
        rows = self._along(0)
        columns = self._along(1)
        # Every pair of rows goes with every pair of columns.
        pre_row, post_row, kernel_row = (np.repeat(a, columns[0].size) for a in rows)
        pre_column, post_column, kernel_column = (np.tile(a, rows[0].size) for a in columns)
        pre = pre_row * self.shape_pre[1] + pre_column
        post = post_row * self.shape_post[1] + post_column
        return _by_post(pre, post, {name: kernel[kernel_row, kernel_column]
                                    for name, kernel in self.kernels.items()})

    def _along(self, axis: int) -> tuple[IntArray, IntArray, IntArray]:
        """Return along rows or columns (presynaptic, postsynaptic, place in the kernel)."""
        # All presynaptic cells are used, whatever the steps: so does the program on the machine.
        pre = np.arange(self.shape_pre[axis], dtype=np.int64)
        post = np.arange(self.shape_post[axis], dtype=np.int64)
        over = self.post_start[axis] + post * self.post_step[axis]
        # sPyNNaker's own rounding of a place between two that are used.
        over = (over - self.pre_start[axis] - 1) // self.pre_step[axis] + 1
        place = self.shape_kernel[axis] // 2 - (over[None, :] - pre[:, None])
        i, j = np.nonzero((place >= 0) & (place < self.shape_kernel[axis]))
        return pre[i], post[j], place[i, j]


def _by_post(
    pre: IntArray, post: IntArray, columns: dict[str, NDArray[np.float64]]
) -> Connections:
    order = np.lexsort((pre, post))
    return Connections(
        pre[order], post[order], {name: values[order] for name, values in columns.items()})


def _group(given: int | None, most: int, where: str) -> int:
    size = most if given is None else given
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or not 1 <= size <= most:
        raise ConnectorError(Problem(
            f"{where}: n_neurons_per_group is not a number of cells", measured=f"{given!r}",
            limit=f"1 to {most}, the size of the smaller population"))
    return int(size)


def _kernel(name: str, given: Any, shape: tuple[int, int]) -> NDArray[np.float64]:
    try:
        kernel = np.asarray(given, dtype=float)
        kernel = np.broadcast_to(kernel, shape) if kernel.ndim == 0 else kernel
    except (TypeError, ValueError):
        kernel = np.empty(0)
    if kernel.shape != shape or not np.isfinite(kernel).all():
        raise ConnectorError(Problem(
            f"KernelConnector: {name}_kernel is not a kernel of numbers",
            measured=f"shape {kernel.shape}, {given!r:.60}",
            limit=f"shape {shape}, finite numbers"))
    if name == "weight" and (kernel < 0).any() and (kernel > 0).any():
        raise ConnectorError(Problem(
            "KernelConnector: one kernel has weights of both signs",
            measured=f"{kernel.min():g} to {kernel.max():g}", limit="one receptor",
            fix="two projections: one excitatory with the positive weights, one inhibitory"))
    return kernel
