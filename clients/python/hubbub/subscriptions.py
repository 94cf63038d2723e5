"""The conversations one follows, each from its own position.

What comes is dense, each message once, and after a lost connection it goes on where it was. What the
application is done with is acknowledged now and then, cumulatively.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from .problem import Problem
from .types import Frame, From, Message, Position, Subscribed

RETRY_S = 0.1
#: The wait before one subscribes anew after a hole, which a server does not make.
AFTER_HOLE_S = 1.0
#: Messages that wait for a reader of `Client.follow`; the rest waits at the server.
FOLLOWED_MAX = 256

_log = logging.getLogger("hubbub")


class Subscription:
    """One conversation that is followed; `close` follows it no longer."""

    def __init__(
        self,
        all_: Subscriptions,
        conversation: str,
        begin: From,
        message: Callable[[Message], None] | None,
        subscribed: Callable[[Subscribed], None] | None,
        ended: Callable[[Problem | None], None] | None,
    ):
        self.conversation = conversation
        #: The last message that came.
        self.position: Position | None = None
        self._all = all_
        self._begin = begin
        self._message = message
        self._subscribed = subscribed
        self._ended = ended
        self._ref = 0
        self._runs = False
        self._paused = False
        #: Up to where the application is done, in the version of history of `position`.
        self._done = 0
        self._acknowledged = 0

    @property
    def is_paused(self) -> bool:
        return self._paused

    def close(self) -> None:
        self._all.remove(self)

    def _from(self) -> Any:
        return self._begin if self.position is None else {"after": self.position.frame()}


class Subscriptions:
    """All of one client."""

    def __init__(self, send: Callable[[Frame], None], ref: Callable[[], int]):
        self._send = send
        self._new_ref = ref
        self._is_open = False
        self._all: dict[str, Subscription] = {}

    def add(
        self,
        conversation: str,
        begin: From,
        message: Callable[[Message], None] | None = None,
        subscribed: Callable[[Subscribed], None] | None = None,
        ended: Callable[[Problem | None], None] | None = None,
    ) -> Subscription:
        """Another one of the same conversation takes the place of the first, as it does on the server."""
        made = Subscription(self, conversation, begin, message, subscribed, ended)
        self._all[conversation] = made
        if self._is_open:
            self._ask(made)
        return made

    def remove(self, subscription: Subscription) -> None:
        if self._all.get(subscription.conversation) is not subscription:
            return
        self._acknowledge(subscription)
        del self._all[subscription.conversation]
        if self._is_open:
            self._send({"type": "unsubscribe", "conversation": subscription.conversation})

    def runs(self, conversation: str) -> bool:
        subscription = self._all.get(conversation)
        return subscription is not None and subscription._runs

    def pause(self, subscription: Subscription) -> None:
        """Takes nothing more until `go_on`: what comes after the last one taken is asked for again."""
        subscription._paused = True
        subscription._runs = False
        if self._is_open:
            self._send({"type": "unsubscribe", "conversation": subscription.conversation})

    def go_on(self, subscription: Subscription) -> None:
        subscription._paused = False
        if self._is_open and self._all.get(subscription.conversation) is subscription:
            self._ask(subscription)

    def up(self) -> None:
        self._is_open = True
        for subscription in self._all.values():
            if not subscription._paused:
                self._ask(subscription)

    def down(self) -> None:
        self._is_open = False
        for subscription in self._all.values():
            subscription._runs = False
            subscription._acknowledged = 0

    def acknowledge(self) -> None:
        for subscription in self._all.values():
            self._acknowledge(subscription)

    def done(self, subscription: Subscription, message: Message) -> None:
        """The application is done with everything up to this message."""
        position = subscription.position
        if position is not None and position.epoch == message.epoch:
            subscription._done = max(subscription._done, message.seq)

    def subscribed(self, frame: Frame) -> None:
        subscription = self._all.get(frame["conversation"])
        if subscription is None or subscription._paused:
            return
        ref = frame.get("ref")
        if not subscription._runs if ref is None else ref != subscription._ref:
            return
        told = Subscribed.of(frame)
        had = subscription.position.seq if told.recovered and subscription.position else 0
        subscription._runs = True
        subscription.position = Position(told.epoch, max(had, told.next - 1))
        subscription._acknowledged = 0
        if not told.recovered:
            subscription._done = 0
        _tell(subscription._subscribed, told)

    def message(self, frame: Frame) -> None:
        subscription = self._all.get(frame["conversation"])
        had = subscription.position if subscription else None
        if subscription is None or not subscription._runs or had is None or frame["seq"] <= had.seq:
            return
        if frame["seq"] > had.seq + 1:
            self._again(subscription, AFTER_HOLE_S)
            return
        subscription.position = Position(frame["epoch"], frame["seq"])
        message = Message.of(frame)
        _tell(subscription._message, message)

    def unsubscribed(self, frame: Frame) -> None:
        subscription = self._all.get(frame["conversation"])
        if subscription is None or frame.get("ref") is not None or not subscription._runs:
            return
        del self._all[subscription.conversation]
        _tell(subscription._ended, None)

    def problem(self, frame: Frame) -> bool:
        """`False`: it is about no subscription of this client."""
        ref = frame.get("ref")
        subscription = next((each for each in self._all.values() if ref is not None and each._ref == ref and not each._runs), None)
        if subscription is None:
            return False
        problem = Problem.of(frame)
        if problem.may_retry:
            self._again(subscription, max(problem.retry_after_ms / 1000, RETRY_S))
        else:
            del self._all[subscription.conversation]
            _tell(subscription._ended, problem)
        return True

    def _again(self, subscription: Subscription, wait: float) -> None:
        subscription._runs = False
        asyncio.get_running_loop().call_later(wait, self._ask_again, subscription, subscription._ref)

    def _ask_again(self, subscription: Subscription, ref: int) -> None:
        is_here = self._all.get(subscription.conversation) is subscription
        if self._is_open and is_here and not subscription._paused and subscription._ref == ref:
            self._ask(subscription)

    def _ask(self, subscription: Subscription) -> None:
        subscription._ref = self._new_ref()
        subscription._runs = False
        self._send({"type": "subscribe", "ref": subscription._ref, "conversation": subscription.conversation, "from": subscription._from()})

    def _acknowledge(self, subscription: Subscription) -> None:
        position, done = subscription.position, subscription._done
        if not self._is_open or not subscription._runs or position is None or done <= subscription._acknowledged:
            return
        subscription._acknowledged = done
        self._send({"type": "ack", "conversation": subscription.conversation, "epoch": position.epoch, "seq": done})


def _tell(handler: Callable[[Any], None] | None, told: Any) -> None:
    if handler is None:
        return
    try:
        handler(told)
    except Exception:
        # What goes wrong in a handler does not stop the client.
        _log.exception("a handler of %s failed", type(told).__name__)
