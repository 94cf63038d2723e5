"""Sends what is in the outbox until it is through.

Of each conversation one command is on its way at a time, the lowest counter first: then sequence
numbers follow counters whatever breaks. Those that make a conversation have none yet and share a lane.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from .outbox import Outbox
from .problem import Problem
from .types import Draft, Frame, Sent

#: The wait before a command that is refused with "retry now" again and again goes once more.
RETRY_NOW_S = 0.1


@dataclass
class _Lane:
    in_flight: str | None = None
    not_before: float = 0.0
    refusals: int = 0
    timer: asyncio.TimerHandle | None = None


class Lanes:
    """One for each conversation in which something waits."""

    def __init__(self, outbox: Outbox, send: Callable[[Frame], None], refused: Callable[[Draft, Problem], None]):
        self._outbox = outbox
        self._send = send
        self._refused = refused
        self._is_open = False
        self._lanes: dict[str, _Lane] = {}
        self._waiters: dict[str, asyncio.Future[Sent]] = {}

    def add(self, draft: Draft) -> asyncio.Future[Sent]:
        """Sends it when its turn comes. What it gives may be left alone: nobody has to wait."""
        waiter: asyncio.Future[Sent] = asyncio.get_running_loop().create_future()
        waiter.add_done_callback(_looked_at)
        self._waiters[draft.id] = waiter
        self.pump()
        return waiter

    def up(self) -> None:
        self._is_open = True
        self.pump()

    def down(self) -> None:
        self._is_open = False
        for lane in self._lanes.values():
            if lane.timer is not None:
                lane.timer.cancel()
        self._lanes.clear()

    def close(self) -> None:
        """What waits is kept, and sent by whoever opens this outbox again; nobody hears of it here."""
        self.down()
        for waiter in self._waiters.values():
            if not waiter.done():
                waiter.set_exception(Problem("closed", "this client was closed", "after"))
        self._waiters.clear()

    def pump(self) -> None:
        """Sends of each conversation what may go now: the lowest counter that waits, alone."""
        if not self._is_open:
            return
        now = asyncio.get_running_loop().time()
        met: set[str] = set()
        for draft in self._outbox.drafts:
            if draft.conversation in met:
                continue
            met.add(draft.conversation)
            lane = self._lanes.setdefault(draft.conversation, _Lane())
            if lane.in_flight is None and lane.not_before <= now:
                lane.in_flight = draft.id
                self._send({**draft.command, "ref": _ref_of(draft)})

    def sent(self, frame: Frame) -> None:
        draft = self._outbox.find(frame["id"])
        if draft is None:
            return
        waiter = self._done(draft)
        if waiter is not None and not waiter.done():
            waiter.set_result(Sent.of(frame))
        self.pump()

    def problem(self, frame: Frame) -> bool:
        """`False`: it is about nothing that was sent here."""
        draft = next((each for each in self._outbox.drafts if frame.get("id") == each.id or frame.get("ref") == _ref_of(each)), None)
        lane = None if draft is None else self._lanes.get(draft.conversation)
        if draft is None or lane is None or lane.in_flight != draft.id:
            return frame.get("id") is not None
        problem = Problem.of(frame)
        if problem.may_retry:
            self._again(lane, problem)
            return True
        waiter = self._done(draft)
        self._refused(draft, problem)
        if waiter is not None and not waiter.done():
            waiter.set_exception(problem)
        self.pump()
        return True

    def _again(self, lane: _Lane, problem: Problem) -> None:
        lane.refusals += 1
        later = RETRY_NOW_S if lane.refusals > 1 else 0.0
        wait = problem.retry_after_ms / 1000 if problem.retry == "after" else later
        loop = asyncio.get_running_loop()
        lane.in_flight = None
        lane.not_before = loop.time() + wait
        lane.timer = loop.call_at(lane.not_before, self._due, lane)

    def _due(self, lane: _Lane) -> None:
        # A timer may fire a little before its time.
        lane.not_before = 0.0
        self.pump()

    def _done(self, draft: Draft) -> asyncio.Future[Sent] | None:
        self._lanes.pop(draft.conversation, None)
        self._outbox.remove(draft)
        return self._waiters.pop(draft.id, None)


def _ref_of(draft: Draft) -> int:
    """The same each time it is sent, and even: what is asked for has odd ones.

    A refusal that knows no id, since the frame was not understood, finds its command by it.
    """
    return 2 * draft.counter


def _looked_at(waiter: asyncio.Future[Sent]) -> None:
    # Otherwise asyncio complains of a refusal that nobody waited for; `refused` told of it.
    if not waiter.cancelled():
        waiter.exception()
