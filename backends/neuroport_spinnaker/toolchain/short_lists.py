"""Long lists of numbers in messages, said shortly.

sPyNNaker 7.4.1 names every cell of which nothing was recorded, thousands in one line. Also read as
text into processes that have sPyNNaker and not this package: nothing but Python is imported.
"""

import logging
import re

_LONG = re.compile(r"\[(-?\d+), (-?\d+), (-?\d+)((?:, -?\d+){17,})\]")


def shortened(text: str) -> str:
    """Return a text in which lists of twenty and more whole numbers are cut."""
    def cut(found: "re.Match[str]") -> str:
        more = found.group(4)
        return (f"[{found.group(1)}, {found.group(2)}, {found.group(3)}, ..., "
                f"{more.rpartition(', ')[2]}; {more.count(',') + 3} in all]")

    return _LONG.sub(cut, text)


def shorten_logging() -> None:
    """Let everything that is logged in this process be shortened."""
    whole = logging.LogRecord.getMessage

    def get_message(record: logging.LogRecord) -> str:
        return shortened(whole(record))

    logging.LogRecord.getMessage = get_message  # type: ignore[method-assign,assignment]
