"""Questions and their answers.

A question that a lost connection leaves open is asked again: asking changes nothing on the server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from .problem import Problem
from .types import Frame

#: Questions without an answer.
ASKS_MAX = 64
RETRY_S = 0.1


class Asks:
    """Those that are open."""

    def __init__(self, send: Callable[[Frame], None]):
        self._send = send
        self._is_open = False
        self._is_closed = False
        self._ref = 1
        self._open: dict[int, tuple[Frame, asyncio.Future[Frame]]] = {}

    def ref(self) -> int:
        """A number that no other command has; odd, as those of the outbox are even."""
        self._ref += 2
        return self._ref

    async def ask(self, command: Frame) -> Frame:
        """Its answer; raises Problem."""
        if self._is_closed:
            raise Problem("closed", "this client was closed")
        if len(self._open) >= ASKS_MAX:
            raise Problem("busy", f"{ASKS_MAX} questions wait for their answers already", "after")
        ref = self.ref()
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._open[ref] = ({**command, "ref": ref}, answer)
        if self._is_open:
            self._send(self._open[ref][0])
        try:
            return await answer
        finally:
            self._open.pop(ref, None)

    def up(self) -> None:
        self._is_open = True
        for command, _ in self._open.values():
            self._send(command)

    def down(self) -> None:
        self._is_open = False

    def close(self) -> None:
        self._is_closed = True
        for _, answer in self._open.values():
            if not answer.done():
                answer.set_exception(Problem("closed", "this client was closed"))

    def answer(self, frame: Frame) -> None:
        asked = self._open.get(frame.get("ref", -1))
        if asked is not None and not asked[1].done():
            asked[1].set_result(frame)

    def problem(self, frame: Frame) -> bool:
        """`False`: it is about nothing that was asked here."""
        ref = frame.get("ref", -1)
        if ref not in self._open:
            return False
        problem = Problem.of(frame)
        if problem.may_retry:
            wait = max(problem.retry_after_ms / 1000, RETRY_S)
            asyncio.get_running_loop().call_later(wait, self._again, ref)
        elif not self._open[ref][1].done():
            self._open[ref][1].set_exception(problem)
        return True

    def _again(self, ref: int) -> None:
        if self._is_open and ref in self._open:
            self._send(self._open[ref][0])
