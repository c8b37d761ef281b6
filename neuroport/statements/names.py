"""Names inside statements: a prefix keeps a model's names apart from an engine's (cm, t, i ...).

What neuroport adds has the same prefix, and Brian2 keeps some endings for itself. A model's own
name that meets one of those gets an underscore more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["in_order", "inside", "inside_synapse", "rename"]

# Brian2 refuses variables that end like references to the two cells of a synapse.
_CELL = r"I|i_inj|active|until|refractory_steps|dt|delta|(.*_)?(rise|gain|decay|pre|post)"
_SYNAPSE = r"w|last|since|(.*_)?(pre|post)"


def _apart(name: str, kept: str) -> str:
    # Also with underscores behind it, so that no two names become one.
    return name + "_" if re.fullmatch(rf"({kept})_*", name) else name


def inside(name: str) -> str:
    """Return the variable for one of PyNN's names, e.g. ``AMPA.gsyn`` -> ``x_AMPA_gsyn``."""
    return "x_" + _apart(name.replace(".", "_"), _CELL)


def inside_synapse(name: str) -> str:
    """Return the variable of a synapse; cells and synapses must not share names."""
    return "s_" + _apart(name.replace(".", "_"), _SYNAPSE)


def rename(expression: str, variables: Mapping[str, str]) -> str:
    """Return an expression with names replaced, all in one pass.

    Parameters
    ----------
    expression : str
    variables : mapping of str to str
        The model's name -> what stands for it in the statements.
    """
    return re.sub(
        r"(?<![\w.])[A-Za-z_]\w*", lambda m: variables.get(m.group(), m.group()), expression
    )


def in_order(definitions: Mapping[str, str]) -> dict[str, str]:
    """Return definitions so that each comes after those that it uses."""
    ordered: dict[str, str] = {}

    def put(name: str, asking: tuple[str, ...]) -> None:
        if name in ordered or name in asking:
            return
        for used in re.findall(r"[A-Za-z_]\w*", definitions[name]):
            if used in definitions:
                put(used, (*asking, name))
        ordered[name] = definitions[name]

    for name in definitions:
        put(name, ())
    return ordered
