"""Is there anything at an address? Asked before minutes are spent on finding out."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from neuroport.errors import InvalidValueError, Problem
from neuroport_spinnaker.errors import MachineUnreachableError

__all__ = ["check_server", "split_server"]

_OLD_PORT = 22244  # of a spalloc server that is not given as a URL
_PORTS = {"http": 80, "https": 443}
_PATIENCE = 10.0  # s


def split_server(address: str) -> tuple[str, int]:
    """Return host and port of a spalloc server: ``HOST``, ``HOST:PORT`` or a URL."""
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        port = parts.port or _PORTS.get(parts.scheme, _OLD_PORT)
    except ValueError as error:
        raise InvalidValueError(
            [Problem(f"'{address}' is not the address of a server", measured=str(error),
                     limit="HOST, HOST:PORT, http(s)://..., spalloc://...")],
            where="SpiNNaker option 'spalloc'",
        ) from None
    return parts.hostname or "", port


def check_server(address: str) -> None:
    """Refuse a spalloc server that takes no connection.

    Parameters
    ----------
    address : str
        A host, or a URL.

    Raises
    ------
    MachineUnreachableError
        With what the network said.
    """
    host, port = split_server(address)
    try:
        socket.create_connection((host, port), timeout=_PATIENCE).close()
    except OSError as error:
        raise MachineUnreachableError(
            Problem("the spalloc server takes no connection",
                    measured=f"{host} port {port}: {error}",
                    fix="check its address, and that this computer may reach it")
        ) from None
