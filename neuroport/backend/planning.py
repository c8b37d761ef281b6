"""Which backend speaks for a machine, and a network prepared for it."""

from __future__ import annotations

from typing import Any

from neuroport.backend.prepare import prepare
from neuroport.backend.prepared import Prepared
from neuroport.backend.registry import backend_class, backend_names, load_backend
from neuroport.errors import BackendMissingError, Problem, UnsupportedError
from neuroport.machines import load_target
from neuroport.network.description import Network

__all__ = ["backend_of_target", "prepare_for_target"]


def backend_of_target(target: str) -> str:
    """Return the backend that runs on a machine: a name of ``neuroport backends``.

    Parameters
    ----------
    target : str
        Name of a machine's description, or a ``.toml`` file.

    Raises
    ------
    UnknownTargetError, FileFormatError
        If there is no such target.
    UnsupportedError
        If no backend has machines of its family.
    """
    machine = load_target(target)
    families = set()
    for name in backend_names():
        try:
            capabilities = backend_class(name).capabilities
        except BackendMissingError:  # an engine that is not installed has no say
            continue
        families.add(capabilities.machines)
        if capabilities.machines == machine.family and capabilities.kind == "hardware":
            return name
    raise UnsupportedError(
        Problem(
            f"nothing plans for target '{machine.name}' of family '{machine.family}'",
            limit=f"families: {', '.join(sorted(families - {''})) or '(none)'}",
        )
    )


def prepare_for_target(network: Network, target: str, **options: Any) -> Prepared:
    """Make a network ready for a machine.

    Parameters
    ----------
    network : Network
        As the user wrote it, see :meth:`neuroport.pynn.simulator.Simulator.network`.
    target : str
        Name of a machine's description, or a ``.toml`` file.
    **options
        Of the machine's backend.

    Returns
    -------
    Prepared
        Its ``findings`` say what the machine does to the network, its ``planning`` plans it.

    Examples
    --------
    >>> import neuroport
    >>> from neuroport.backend.planning import prepare_for_target
    >>> sim = neuroport.simulator("brian2", timestep=1.0)
    >>> cells = sim.Population(600, sim.IF_curr_exp(tau_refrac=1.0), label="cells")
    >>> prepared = prepare_for_target(sim.network(), "spinn5")
    >>> prepared.refused
    False
    >>> prepared.planning.predict().as_dict()["cores"]
    3
    """
    return prepare(network, load_backend(backend_of_target(target), target=target, **options))
