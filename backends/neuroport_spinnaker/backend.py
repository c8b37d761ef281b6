"""The SpiNNaker backends: by address or spalloc, and on an emulated board."""

from __future__ import annotations

import os
from copy import copy
from dataclasses import fields, replace
from functools import partial
from inspect import Parameter, Signature, signature
from typing import Any, Self

from neuroport.backend import BackendInformation
from neuroport.backend.base import BackendBase
from neuroport.backend.prepared import Draft, Prepared
from neuroport.backend.session import SessionBase
from neuroport.errors import Problem
from neuroport.installed import installed
from neuroport.machines import Target, load_target
from neuroport.results.versions import package_version
from neuroport_spinnaker.capabilities import CAPABILITIES
from neuroport_spinnaker.checks.collect import check_placed
from neuroport_spinnaker.errors import MachineNotChosenError
from neuroport_spinnaker.machine.address import check_server, split_server
from neuroport_spinnaker.machine.boards import known_board
from neuroport_spinnaker.machine.emulation import Emulation
from neuroport_spinnaker.options import Options
from neuroport_spinnaker.place.placed import Placed, place_network, shared_cores
from neuroport_spinnaker.plan.planning import SpinnakerPlanning
from neuroport_spinnaker.session import SpinnakerSession
from neuroport_spinnaker.toolchain.parent import INSTALL, PYTHON

__all__ = ["SpinnakerBackend", "EmulatedBackend"]

RULES = "machine's rules"
"""Name of the pass that finds what a machine does to a network."""
EMULATED = ("spinn3", "spinn5")  # boards to choose from where none is named


class SpinnakerBackend(BackendBase):
    """Runs networks on a SpiNNaker machine through sPyNNaker.

    Parameters
    ----------
    **options
        Those of :class:`neuroport_spinnaker.options.Options`; None: as if left out.
    """

    __signature__ = signature(Options, eval_str=True)

    information = BackendInformation(
        name="spinnaker",
        description="a SpiNNaker machine, through sPyNNaker 7.4",
        packages=("spynnaker",),
        install=INSTALL,
        versions={"sPyNNaker": package_version("sPyNNaker")},
    )
    capabilities = CAPABILITIES
    addresses = ("machine", "spalloc", "spalloc_user", "version")

    def __init__(self, **options: Any) -> None:
        self.options = Options(**{k: v for k, v in options.items() if v is not None})
        self.target: Target = known_board(load_target(self.options.target))

    @property
    def emulation(self) -> Emulation | None:
        """How the board behaves, where it is an emulated one."""
        return None

    def targets(self) -> tuple[Target, ...]:
        """Return the machines that can be taken, the smallest first."""
        return (self.target,)

    def lower(self, draft: Draft) -> Placed:
        """Place the network on a machine and find everything that SpiNNaker will do to it.

        Needs no sPyNNaker. Checks look at the weights that were written: on stored ones they could
        not see what storing lost.
        """
        placed = place_network(draft.network, self.options, self.targets())
        draft.note("machine", f"placed on '{placed.target.name}'", shared_cores(placed))
        draft.note(RULES, "what it does to the network", check_placed(placed, draft.written))
        return placed

    def open(self, prepared: Prepared, duration: float | None = None) -> SessionBase:
        """Return a session at time 0; the machine is taken at the first run."""
        placed: Placed = prepared.lowered
        return SpinnakerSession(
            placed, partial(self.machine, placed.target), self.capabilities,
            self.emulation,
        )

    def planning(self, prepared: Prepared) -> SpinnakerPlanning:
        """Return what the machine would do with a network."""
        return SpinnakerPlanning(prepared, self)

    def with_options(self, **changes: Any) -> Self:
        """Return the same backend with some options changed."""
        other = copy(self)
        other.options = replace(self.options, **changes)
        return other

    def missing(self) -> list[Problem]:
        """Return what is not there to run something; checks and predictions need none of it."""
        if os.environ.get(PYTHON) or installed("spynnaker"):
            return []
        return [Problem("sPyNNaker is not installed", fix=INSTALL)]

    def machine(self, target: Target) -> tuple[dict[str, Any], Any]:
        """Return the configuration's section ``[Machine]``, and what to close at the end."""
        options = self.options
        version = options.version or target.geometry.version
        if options.machine:
            return {"machine_name": options.machine, "version": version}, None
        if options.spalloc:
            check_server(options.spalloc)
            address: dict[str, Any] = {"spalloc_server": options.spalloc}
            if "://" not in options.spalloc:
                address["spalloc_server"], address["spalloc_port"] = split_server(options.spalloc)
            return {
                **address,
                "spalloc_user": options.spalloc_user or "neuroport",
                "version": version,
            }, None
        raise MachineNotChosenError(
            Problem(
                "no machine was chosen",
                limit="machine='HOST' for a board, spalloc='SERVER' for an allocated one",
                fix="backend 'spinnaker-emulated' needs no machine; plan, preview and check "
                "need none either",
            )
        )


class EmulatedBackend(SpinnakerBackend):
    """Runs networks on an emulated board: the released binaries, without a machine.

    Parameters
    ----------
    target : str
        ``auto``: the board of 4 chips, or that of 48 where the network needs it; also several
        boards, such as ``spinn5-triad``.
    **options
        Those of :class:`neuroport_spinnaker.machine.emulation.Emulation`, and those of
        :class:`neuroport_spinnaker.options.Options` that name no machine.
    """

    __signature__ = Signature([
        Parameter("target", Parameter.KEYWORD_ONLY, default="auto", annotation=str),
        *(one.replace(kind=Parameter.KEYWORD_ONLY)
          for one in (*signature(Emulation, eval_str=True).parameters.values(),
                      *signature(Options, eval_str=True).parameters.values())
          if one.name not in ("target", *SpinnakerBackend.addresses)),
    ])

    information = BackendInformation(
        name="spinnaker-emulated",
        description="an unofficial, emulated SpiNNaker board, through sPyNNaker 7.4",
        packages=("spynnaker",),
        install=INSTALL,
        versions={"sPyNNaker": package_version("sPyNNaker")},
    )
    capabilities = replace(CAPABILITIES, kind="emulated", deterministic=True)

    def __init__(self, target: str = "auto", **options: Any) -> None:
        own = {f.name: options.pop(f.name) for f in fields(Emulation) if f.name in options}
        self._emulation = Emulation(**own)
        self._sizes = EMULATED if target == "auto" else (target,)
        super().__init__(target=self._sizes[0], **options)

    @property
    def emulation(self) -> Emulation:
        """How the board behaves."""
        return self._emulation

    def targets(self) -> tuple[Target, ...]:
        """Return the boards that can be emulated, the smallest first."""
        return tuple(known_board(load_target(name)) for name in self._sizes)

    def lower(self, draft: Draft) -> Placed:
        """Place the network, and say what is only modelled."""
        placed = super().lower(draft)
        draft.note("emulation", "what is only modelled", self.emulation.findings())
        return placed

    def missing(self) -> list[Problem]:
        """Return what is not there to run something."""
        return [*super().missing(), *self.emulation.missing()]

    def machine(self, target: Target) -> tuple[dict[str, Any], Any]:
        """Start a board and return how to reach it."""
        board = self.emulation.start(target)
        entries: dict[str, Any] = {}
        for line in board.configuration_lines():
            key, _, value = line.partition("=")
            entries[key.strip()] = value.strip()
        # Monitors would only cost emulated time; a slow emulation is not an overrun.
        entries |= {
            "virtual_board": "False", "enable_advanced_monitor_support": "False",
            "enable_reinjection": "False", "post_simulation_overrun_before_error": "600",
        }
        return entries, board
