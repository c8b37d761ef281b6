"""What programs write to their IO buffers, in words: they write numbers of messages.

The messages themselves are in a table of the installed tool-chain.
"""

from __future__ import annotations

__all__ = ["readable"]

_TOKEN = "\x1e"


def readable(text: str) -> str:
    """Return an IO buffer as text; its numbers as they are where no sPyNNaker is installed.

    Parameters
    ----------
    text : str
        Lines of a message's number and its values.
    """
    try:
        from spinn_utilities.make_tools.replacer import Replacer

        replacer = Replacer()
    except Exception:  # no tool-chain in this Python, or one without its table
        return text.replace(_TOKEN, " ")
    # not splitlines(), which takes the separator of a message's values for the end of a line
    lines = (replacer.replace(line) for line in text.split("\n"))
    return "\n".join(line.replace(_TOKEN, " ") for line in lines)
