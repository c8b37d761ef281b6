"""Random numbers inside a time step, as calls of functions that an engine supplies.

They are ``uniform_of(stream, number)`` and ``binomial_of(u, n, p)``, see
:mod:`neuroport.realise.draws`.
"""

from __future__ import annotations

import re

from neuroport.realise.draws import PER_EVENT

__all__ = ["with_draws"]


def with_draws(text: str, stream: str, event: str) -> str:
    """Return statements with ``uniform(k)`` and ``binomial(...)`` as an engine's functions.

    Parameters
    ----------
    text : str
    stream : str
        Variable with the stream.
    event : str
        Expression that counts the events.
    """
    text = re.sub(r"\buniform\(\s*(\d+)\s*\)",
                  lambda m: f"uniform_of({stream}, {PER_EVENT}.0*({event}) + {m.group(1)}.0)", text)
    return re.sub(r"\bbinomial\(", "binomial_of(", text)
