"""Neuroport in place of the simulators that a script imports, whoever imports them, and how.

A finder in front of all others answers for their names: an import in the script, in a module of
the user's, by ``exec`` or `importlib` all end there. What had been imported before is out of sight
meanwhile. A process that the script starts has no finder; it finds modules that refuse
(:mod:`neuroport.installed`), so that no machine is taken behind neuroport's back.
"""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path

from neuroport.installed import REFUSED, without_refused
from neuroport.jobs.chip_helpers import ChipPackageError, Part, is_part, part

__all__ = ["SIMULATORS", "ChipPackageError", "standing_in_for_simulators"]

SIMULATORS = ("nest", "brian2", "neuron", "brian", "moose", "neuroport")
"""Those of PyNN, but the chip's."""
_PYNN = tuple(f"pyNN.{name}" for name in SIMULATORS)
_CHIP = ("pyNN.spiNNaker", "spynnaker.pyNN", "spynnaker8")
# What reaches a machine, or writes the user's configuration of one, when it is imported or used.
_MACHINE = ("spynnaker", "spynnaker8", "spinn_front_end_common", "spinnman",
            "spinnaker_graph_front_end")


class _Finder(MetaPathFinder, Loader):
    """Finds neuroport under the names of simulators."""

    stands_in = True

    def __init__(self, chip: Callable[[], None]) -> None:
        self._chip = chip  # told when sPyNNaker is imported

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None,
        target: types.ModuleType | None = None,
    ) -> ModuleSpec | None:
        if fullname in (*_PYNN, *_CHIP):
            return ModuleSpec(fullname, self)
        if fullname.startswith(tuple(f"{one}." for one in (*_PYNN, "pyNN.spiNNaker"))):
            # else it would be looked for beside the front end's own modules
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        if fullname.partition(".")[0] in _MACHINE:
            return ModuleSpec(fullname, self,
                              is_package=fullname == "spynnaker" or is_part(fullname))
        return None

    def create_module(self, spec: ModuleSpec) -> types.ModuleType | None:
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        from neuroport import pynn

        name = module.__name__
        if name in _CHIP:
            self._chip()
        # The import system takes what stands there.
        if name in (*_PYNN, *_CHIP):
            sys.modules[name] = pynn
        elif is_part(name):
            self._chip()
            found = part(name)
            found.__path__ = []
            sys.modules[name] = found
        elif name != "spynnaker":
            raise ChipPackageError(name)


@contextmanager
def standing_in_for_simulators(chip: Callable[[], None]) -> Iterator[None]:
    """Be every simulator that is imported inside.

    Parameters
    ----------
    chip : callable
        Called when sPyNNaker is imported.
    """
    import pyNN

    finder = _Finder(chip)
    hidden = _hidden()
    attributes = {name: pyNN.__dict__.pop(name) for name in _children() if name in pyNN.__dict__}
    search = os.environ.get("PYTHONPATH")
    for name in hidden:
        del sys.modules[name]
    before = set(sys.modules)
    sys.meta_path.insert(0, finder)
    sys.path.insert(0, REFUSED)  # for processes by 'spawn'; here the finder goes before
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (REFUSED, search)))
    try:
        yield
    finally:
        sys.meta_path[:] = [one for one in sys.meta_path if one is not finder]
        sys.path[:] = [place for place in sys.path if place != REFUSED]
        _give_back(search)
        for name in [name for name in sys.modules if name not in before]:
            if _stands_in_or_holds(name):
                del sys.modules[name]
        for name in _children():
            pyNN.__dict__.pop(name, None)
        _forget_parts()
        sys.modules.update(hidden)
        for name, value in attributes.items():
            setattr(pyNN, name, value)


def _forget_parts() -> None:
    """Take away what the import system left in the front end, which stood in for a package."""
    from neuroport import pynn

    for name in [name for name, value in vars(pynn).items() if isinstance(value, Part)]:
        delattr(pynn, name)


def _children() -> list[str]:
    return [name.partition(".")[2] for name in (*_PYNN, *_CHIP) if name.startswith("pyNN.")]


def _give_back(search: str | None) -> None:
    """Let PYTHONPATH be as it was, with what the script did to it."""
    left = without_refused(os.environ.get("PYTHONPATH", ""))
    if left or search is not None:
        os.environ["PYTHONPATH"] = left
    else:
        os.environ.pop("PYTHONPATH", None)


def _ours(name: str) -> bool:
    """Whether a module's name is one that is stood in for, or below one."""
    return name.partition(".")[0] in _MACHINE or any(
        name == one or name.startswith(f"{one}.") for one in (*_PYNN, *_CHIP))


def _hidden() -> dict[str, types.ModuleType]:
    """Return the real simulators that were imported, and the user's modules that hold one."""
    real = {name: module for name, module in sys.modules.items() if _ours(name)}
    if not real:
        return {}
    holders = {name: module for name, module in list(sys.modules.items())
               if name not in real and _is_users(name, module) and _holds(module, _is_real)}
    return {**real, **holders}


def _is_users(name: str, module: types.ModuleType) -> bool:
    place = getattr(module, "__file__", None)
    return bool(place) and name != "__main__" and not name.startswith("neuroport") and not (
        {"site-packages", "dist-packages"} & {*Path(str(place)).parts}
    ) and not str(place).startswith(str(Path(os.__file__).parent))


def _holds(module: types.ModuleType, wanted: Callable[[object], bool]) -> bool:
    return any(wanted(value) for value in list(vars(module).values()))


def _is_real(value: object) -> bool:
    home = value.__name__ if isinstance(value, types.ModuleType) else (
        getattr(value, "__module__", None))
    return isinstance(home, str) and _ours(home)


def _stands_in_or_holds(name: str) -> bool:
    """Whether a module is a stand-in, or a user's that imported one: not to be found later."""
    from neuroport import pynn

    module = sys.modules[name]
    return _ours(name) or (
        _is_users(name, module) and _holds(module, lambda value: value is pynn
                                           or _from_the_front_end(value)))


def _from_the_front_end(value: object) -> bool:
    home = getattr(value, "__module__", None)
    return isinstance(home, str) and home.startswith("neuroport.pynn")
