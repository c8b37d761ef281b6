"""Boards of a classic spalloc server as a target: the allocation is held here, apart from the run.

Whatever the run does, the boards are kept alive and given back by its supervisor. What is asked
for carries a mark that the server shows to everybody, so that it is found again after a crash
between the question and its answer.
"""

from __future__ import annotations

import getpass
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from neuroport.errors import Problem, UserError
from neuroport.jobs.outcome import Outcome
from neuroport.jobs.store.errors import UnknownTargetAddressError
from neuroport.jobs.store.records import RemoteRecord
from neuroport.jobs.targets.base import AttemptFailedError, Placed, Work
from neuroport.machines import load_target
from neuroport.secrets import with_secrets
from neuroport_spinnaker.targets.board import SpinnakerTarget
from neuroport_spinnaker.targets.classic import (
    ClassicServer,
    ServerRefusedError,
    ServerSilentError,
)
from neuroport_spinnaker.targets.keeper import Keeper, destroyed

__all__ = ["SpallocTarget"]

ALLOCATION = "allocation"
_PORT = 22244
_KEEPALIVE = 60.0  # s
_LOOK = 1.0  # s between two questions for a state
_SICK = 86400.0  # s for which a board that looked sick is not taken
_UNWANTED = 4  # sick boards that are held while others are asked for
_AT_ONCE = 4  # members of a sweep that ask for boards: others want some, too
_SAYS = ("keepalive", "machine", "tags")


class SpallocTarget(SpinnakerTarget):
    """Boards that a classic spalloc server hands out."""

    form = "spalloc://[USER@]HOST[:PORT][?keepalive=S&machine=NAME&tags=A,B]"

    def __init__(self, address: str) -> None:
        super().__init__(address)
        problems = []
        try:
            parts = urlsplit(address)
            port = parts.port or _PORT
        except ValueError as error:
            raise UnknownTargetAddressError(Problem(
                f"target '{address}' cannot be read", measured=str(error), limit=self.form,
            )) from None
        said = dict(parse_qsl(parts.query, keep_blank_values=True))
        if not parts.hostname or parts.path.strip("/") or "://" not in address:
            problems.append(Problem(f"target '{address}' cannot be read", limit=self.form))
        problems += [Problem(f"target '{address}' says '{name}'", limit=", ".join(_SAYS))
                     for name in said if name not in _SAYS]
        try:
            self.keepalive = float(said.get("keepalive", _KEEPALIVE))
        except ValueError:
            self.keepalive = 0.0
        if not 2.0 <= self.keepalive <= 3600.0:
            problems.append(Problem(f"the keep-alive '{said.get('keepalive')}' cannot be used",
                                    limit="2 to 3600 s"))
        if "machine" in said and "tags" in said:
            problems.append(Problem("machine and tags were given", fix="give one of them"))
        if problems:
            raise UnknownTargetAddressError(problems)
        self._more: dict[str, Any] = {}
        if "machine" in said:
            self._more["machine"] = said["machine"]
        if "tags" in said:
            self._more["tags"] = said["tags"].split(",")
        self.server = ClassicServer(parts.hostname or "", port)
        self._hosts: tuple[str, ...] = ()

    @property
    def owner(self) -> str:
        """Who asks: the user in the address, or this computer's."""
        user = urlsplit(str(with_secrets(self.address))).username
        if user:
            return user
        try:
            return getpass.getuser()
        except (KeyError, OSError):  # a user without a name
            return "neuroport"

    def at_once(self) -> int:
        """Return how many members of a sweep ask for boards at a time."""
        return _AT_ONCE

    def attempt(
        self, work: Work, run: Callable[[Placed], Outcome], resumed: bool = False
    ) -> Outcome:
        """Carry out an attempt, and note boards that looked sick."""
        try:
            outcome = super().attempt(work, run, resumed)
        except AttemptFailedError as error:
            outcome = error.outcome
        if outcome.kind == "board":
            for host in outcome.boards or self._hosts:
                work.sick_board(str(self.server), host, outcome.text)
        return outcome

    @contextmanager
    def place(self, work: Work, resumed: bool) -> Iterator[Placed]:
        """Hold boards, and give them back."""
        held = work.held(ALLOCATION) if resumed else None
        if held is not None and held.remote_id:
            number = int(held.remote_id)
        else:
            number = self._create(work)
        keeper = Keeper(self.server, number, self.keepalive, partial(_tell, work))
        unwanted: list[tuple[int, Keeper]] = []
        try:
            self._ready(work, number, keeper)
            while not resumed and self._sick(work) and len(unwanted) < _UNWANTED:
                work.tell(f"board {', '.join(self._hosts)} looked sick before; another one is "
                          "asked for", "sick board")
                unwanted.append((number, keeper))
                number = self._create(work)
                keeper = Keeper(self.server, number, self.keepalive, partial(_tell, work))
                self._ready(work, number, keeper)
            while unwanted:
                self._let_go(*unwanted.pop(), "not wanted: it looked sick")
            yield Placed({"machine": self._hosts[0]}, keeper.lost)
        finally:
            for one in [(number, keeper), *unwanted]:
                said = self._let_go(*one, "given back")
            work.hold(ALLOCATION, state=said, over=1)

    def _sick(self, work: Work) -> bool:
        return bool(set(self._hosts) & set(work.sick_boards(str(self.server), _SICK)))

    def _create(self, work: Work) -> int:
        """Ask for boards, and note that before and after."""
        mark = f"{work.mark}.{work.n}"
        target = load_target(str(work.spec.options.get("target", "spinn5")))
        boards = target.geometry.boards
        work.hold(ALLOCATION, mark=mark, server=str(self.server), state="intended", over=0)
        try:
            number = self.server.create(
                boards, f"{self.owner} {mark}", self.keepalive, **self._more)
        except ServerSilentError as error:
            # Whether it has created one is not known: what has the mark is ended.
            with suppress(ServerSilentError, ServerRefusedError):
                self._end_marked(mark)
            raise AttemptFailedError("server", "ServerSilent", str(error)) from None
        except ServerRefusedError as error:
            raise AttemptFailedError("policy", "ServerRefused", str(error)) from None
        work.hold(ALLOCATION, remote_id=str(number), state="queued")
        work.state("waiting", f"in the queue of {self.server} for {boards} "
                   f"board{'s' if boards > 1 else ''}, as its job {number}")
        return number

    def _ready(self, work: Work, number: int, keeper: Keeper) -> None:
        """Wait until boards are switched on."""
        self._hosts = ()
        last = ""
        while True:
            if (lost := keeper.lost()) is not None:
                raise AttemptFailedError(lost.kind, lost.code, lost.text, self._hosts)
            with suppress(ServerSilentError):  # the keeper says so
                state = self.server.state(number)
                if state.state in ("destroyed", "unknown"):
                    lost = destroyed(state.reason, self._hosts)
                    raise AttemptFailedError(lost.kind, lost.code, lost.text, lost.boards)
                if state.state != "queued" and not self._hosts:
                    self._hosts = tuple(self.server.hosts(number))
                if state.state != last:
                    last = state.state
                    work.hold(ALLOCATION, state=last, boards=list(self._hosts))
                if state.state == "power":
                    work.state("starting", f"{', '.join(self._hosts)} are being switched on")
                if state.state == "ready" and self._hosts:
                    return
            work.pause(_LOOK)

    def _let_go(self, number: int, keeper: Keeper, reason: str) -> str:
        """Give boards back; where the server does not answer they are free when it has waited."""
        limit = time.monotonic() + 2 * self.keepalive
        keeper.stop()
        while True:
            try:
                self.server.destroy(number, reason)
                return "destroyed"
            except ServerRefusedError:
                return "destroyed"  # it knows of none
            except ServerSilentError:
                if time.monotonic() > limit:
                    return "ends by itself: the server did not answer"
                time.sleep(_LOOK)

    def _end_marked(self, mark: str) -> int:
        numbers = self.server.found(mark)
        for number in numbers:
            self.server.destroy(number, "found again after a crash")
        return len(numbers)

    def recover(self, work: Work, held: RemoteRecord) -> Outcome | None:
        """End what an attempt without supervisor still has at the server."""
        try:
            self._end_marked(held.mark)
            if held.remote_id:
                with suppress(ServerRefusedError):
                    self.server.destroy(int(held.remote_id), "its supervisor died")
            said = "destroyed"
        except (ServerSilentError, ServerRefusedError):
            said = "ends by itself: the server did not answer"
        work.hold(held.kind, state=said, over=1)
        return None


def _tell(work: Work, text: str) -> None:
    with suppress(UserError):  # from a thread: what the job became meanwhile is another's
        work.tell(text, "network")
