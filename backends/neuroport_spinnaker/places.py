"""Is there anything at an address? Asked before minutes are spent on finding out."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from neuroport.errors import Problem
from neuroport_spinnaker.errors import MachineUnreachableError

__all__ = ["check_server"]

_OLD_PORT = 22244  # of a spalloc server that is not given as a URL
_PORTS = {"http": 80, "https": 443}
_PATIENCE = 10.0  # s


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
    if "://" in address:
        parts = urlsplit(address)
        host = parts.hostname or ""
        port = parts.port or _PORTS.get(parts.scheme, 443)
    else:
        host, port = address, _OLD_PORT
    try:
        socket.create_connection((host, port), timeout=_PATIENCE).close()
    except OSError as error:
        raise MachineUnreachableError(
            Problem("the spalloc server takes no connection",
                    measured=f"{host} port {port}: {error}",
                    fix="check its address, and that this computer may reach it")
        ) from None
