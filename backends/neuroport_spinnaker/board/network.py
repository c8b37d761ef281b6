"""UDP front end: loopback sockets and the threads that read them."""

from __future__ import annotations

import contextlib
import ipaddress
import random
import socket
import threading
from collections.abc import Callable

from neuroport_spinnaker.board.errors import AddressUnavailableError
from neuroport_spinnaker.board.tags import Address

SDP_PORT = 17893
BOOT_PORT = 54321
_BUFFER_BYTES = 4 << 20
_ATTEMPTS = 200

Received = Callable[[bytes, Address, int], None]


def on_loopback(host: str) -> bool:
    """Whether a text is an IPv4 loopback address; names could stand for anything."""
    try:
        return ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        return False


def in_use(address: Address) -> bool:
    """Whether somebody still listens at an address on loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(address)
        except OSError:
            return True
    return False


class Network:
    """Sockets of one board on one loopback address.

    Parameters
    ----------
    received : callable
        ``received(data, sender, port)``, called on the reading threads.
    host : str, optional
        A loopback address; by default a free one is taken.

    Raises
    ------
    AddressUnavailableError
        If the address is not a loopback address or its ports are taken.
    """

    def __init__(self, received: Received, host: str | None = None) -> None:
        self._received = received
        self._sockets: dict[int, socket.socket] = {}
        self._threads: list[threading.Thread] = []
        self._closing = False
        if host is not None and not on_loopback(host):
            raise AddressUnavailableError(
                f"{host} is not a loopback address: an emulated board listens on 127.x.x.x only, "
                "given as four numbers"
            )
        self.host = host or self._free_host()
        if host is not None:
            self._bind_both(host)
        for port in (SDP_PORT, BOOT_PORT):
            self._listen(port)

    def _free_host(self) -> str:
        # 127.0.0.1 is special to the tool-chain (a virtual machine), so start above it
        candidates = [f"127.0.0.{last}" for last in range(2, 20)]
        candidates += [
            f"127.{random.randrange(1, 255)}.{random.randrange(256)}.{random.randrange(2, 255)}"
            for _ in range(_ATTEMPTS)
        ]
        for host in candidates:
            try:
                self._bind_both(host)
            except AddressUnavailableError:
                continue
            return host
        raise AddressUnavailableError(
            f"none of {len(candidates)} loopback addresses has UDP ports {SDP_PORT} and "
            f"{BOOT_PORT} free: stop other boards, or name an address"
        )

    def _bind_both(self, host: str) -> None:
        sockets: dict[int, socket.socket] = {}
        try:
            for port in (SDP_PORT, BOOT_PORT):
                sockets[port] = self._bind(host, port)
        except OSError as problem:
            for opened in sockets.values():
                opened.close()
            raise AddressUnavailableError(
                f"UDP ports {SDP_PORT} and {BOOT_PORT} of {host} are not free ({problem}): "
                "stop the board that uses them, or leave the address out to get a free one"
            ) from problem
        self._sockets = sockets

    @staticmethod
    def _bind(host: str, port: int) -> socket.socket:
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        try:
            opened.bind((host, port))
        except OSError:
            opened.close()
            raise
        return opened

    def open(self, port: int) -> bool:
        """Listen on one more port (reverse tags); False if it is taken."""
        if port in self._sockets:
            return True
        try:
            self._sockets[port] = self._bind(self.host, port)
        except OSError:
            return False
        self._listen(port)
        return True

    def _listen(self, port: int) -> None:
        thread = threading.Thread(
            target=self._loop, args=(port,), name=f"board {self.host}:{port}", daemon=True
        )
        self._threads.append(thread)
        thread.start()

    def _loop(self, port: int) -> None:
        opened = self._sockets[port]
        while not self._closing:
            try:
                data, sender = opened.recvfrom(65536)
            except OSError:
                if self._closing:
                    return
                continue
            if not self._closing:
                self._received(data, (str(sender[0]), int(sender[1])), port)

    def send(self, data: bytes, address: Address, from_port: int | None = None) -> bool:
        """Send a datagram; False if the address is not on loopback or does not take it."""
        if not on_loopback(address[0]):
            return False
        opened = self._sockets.get(from_port or SDP_PORT) or self._sockets[SDP_PORT]
        try:
            opened.sendto(data, address)
        except OSError:
            return False  # a client that is gone is no fault of the board
        return True

    def close(self) -> None:
        """Close the sockets and join the threads."""
        self._closing = True
        for port, opened in self._sockets.items():
            with contextlib.suppress(OSError):
                opened.sendto(b"", (self.host, port))  # wakes the reading thread
        for thread in self._threads:
            thread.join(timeout=2)
        for opened in self._sockets.values():
            opened.close()
