"""Kernels that are the same for every network: recording, injected currents."""

from __future__ import annotations

from neuroport_native.lower.kernel import Entry, Kernel, kernel_source

__all__ = ["barrier_kernel", "inject_kernel", "loop_kernel", "record_kernel", "sample_kernel"]


def record_kernel() -> Kernel:
    """Return the kernel that keeps the spikes of some cells: packed, the step above the cell."""
    return kernel_source(
        [Entry("slots"), Entry("n"), Entry("ring", "int32"), Entry("count", "int64"),
         Entry("used", "int64"), Entry("kept", "int64")],
        """
def work(step, slots, n, ring, count, used, kept):
    slot = step % slots
    place = used[0]
    for m in range(slot*n, slot*n + count[slot]):
        kept[place] = (step << 32) | ring[m]
        place += 1
    used[0] = place
""")


def sample_kernel(kind: str) -> Kernel:
    """Return the kernel that samples a variable every so many steps.

    Parameters
    ----------
    kind : str
        Element type of the variable.
    """
    return kernel_source(
        [Entry("interval"), Entry("n"), Entry("index", "int64"), Entry("variable", kind),
         Entry("used", "int64"), Entry("steps", "int64"), Entry("kept", kind)],
        """
def work(step, interval, n, index, variable, used, steps, kept):
    if step % interval == 0:
        row = used[0]
        steps[row] = step
        for k in range(n):
            kept[row*n + k] = variable[index[k]]
        used[0] = row + 1
""")


def inject_kernel(kind: str) -> Kernel:
    """Return the kernel that sets the injected current of a group's cells.

    Parameters
    ----------
    kind : str
        Element type of the currents.
    """
    return kernel_source(
        [Entry("base"), Entry("rows"), Entry("steps"), Entry("samples", kind),
         Entry("row", "int64"), Entry("cell", "int64"), Entry("into", kind)],
        """
def work(step, base, rows, steps, samples, row, cell, into):
    for k in range(cell.size):
        into[cell[k]] = 0
    for k in range(cell.size):
        into[cell[k]] += samples[row[k]*steps + step - base]
""")


def loop_kernel() -> Kernel:
    """Return the kernel that calls others, step after step up to ``last``."""
    return kernel_source(
        [Entry("items"), Entry("last"), Entry("program", "int64")],
        """
def work(step, items, last, program):
    for k in range(step, last):
        for j in range(items):
            call(program[2*j], program[2*j + 1], k)
""")


def barrier_kernel() -> Kernel:
    """Return the kernel with which threads wait for each other, every so many steps.

    ``here`` is the address of the number of arrivals of all, ``due`` the number that this thread
    waits for, and ``resting`` the address of what lets other threads run.
    """
    return kernel_source(
        [Entry("every"), Entry("threads"), Entry("here"), Entry("resting"),
         Entry("due", "int64")],
        """
def work(step, every, threads, here, resting, due):
    if step % every != every - 1:
        return
    due[0] += threads
    arrive(here)
    looked = 0
    while arrived(here) < due[0]:
        looked += 1
        if looked > 200:
            let_others(resting)
""")
