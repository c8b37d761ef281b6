"""From a realised network to a backend: prepared once, asked by everyone.

``check``, ``plan``, ``preview``, ``fix``, ``run`` and ``compare`` hold the same
:class:`~neuroport.backend.prepared.Prepared`, so what one says of a network is what another does
with it. A backend adds its own passes in ``Backend.lower``; each pass is a named function from one
network to the next, and the log keeps what it did.
"""

from __future__ import annotations

from collections.abc import Iterable

from neuroport.backend.prepared import FRONT_END, Backend, Draft, Prepared
from neuroport.findings import Finding, without_superseded
from neuroport.findings.values import check_values
from neuroport.network.description import Network
from neuroport.network.stored_weights import store_weights, weight_findings

__all__ = ["prepare"]


def prepare(network: Network, backend: Backend, found: Iterable[Finding] = ()) -> Prepared:
    """Make a realised network ready for a backend, once.

    Parameters
    ----------
    network : Network
        As the user wrote it.
    backend : Backend
        With its options and its machine.
    found : iterable of Finding
        What whoever built the network has to say of it.

    Returns
    -------
    Prepared
        Also where findings prevent a run; see :attr:`Prepared.refused`.
    """
    draft = Draft(network, network)
    draft.note(FRONT_END, "what the script asked for", found)
    draft.note("values", "what is rounded or looks wrong on every engine", check_values(network))
    stored = draft.take("stored weights", "weights on the grid of the numerics", _stored)
    lowered = backend.lower(draft)
    return Prepared(
        backend, network, stored, tuple(without_superseded(draft.findings)), tuple(draft.log),
        lowered,
    )


def _stored(network: Network) -> tuple[Network, list[Finding]]:
    stored = store_weights(network)
    return stored, weight_findings(network, stored)
