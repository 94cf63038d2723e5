"""The client: what an application sees. See `docs/protocol.md` for what is behind it."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit
import ssl as tls

from .asks import Asks
from .connection import Connection
from .lanes import Lanes
from .outbox import Memory, Outbox, Storage
from .problem import Problem
from .subscriptions import FOLLOWED_MAX, Subscription, Subscriptions
from .types import Draft, Frame, From, Message, Page, Position, Role, Sent, State, Subscribed

#: A larger command closes the connection, and would again after each reconnect.
COMMAND_MAX_BYTES = 60 * 1024
#: Conversations of which it is remembered how far they were seen.
SEEN_MAX = 1000
TYPING_EVERY_S = 3.0
# Where typing was said last, and when.
NOT_TYPED: tuple[str, float] = ("", float("-inf"))
RETRY_WATCH_S = 1.0
#: A token is renewed so long before it expires, so that the connection stays.
RENEW_BEFORE_S = 30.0

Credential = str | Callable[[], Awaitable[str]]
EventName = Literal["state", "refused", "typing", "presence", "problem"]

_log = logging.getLogger("hubbub")


def connect(
    url: str,
    user: str,
    *,
    device: str = "python",
    token: Credential | None = None,
    ticket: Callable[[], Awaitable[str]] | None = None,
    storage: Storage | None = None,
    ssl: tls.SSLContext | None = None,
) -> Client:
    """A client to be used as `async with connect(…) as client`. It connects, and connects again, by itself.

    `url` of the server: `http:`, `https:`, `ws:` or `wss:`, with or without `/v1/ws`. `device` is whose
    acknowledgements `"cursor"` goes by. `token` is fixed, or asked for before each connection and before
    it expires; a `ticket` is asked for before each connection. `storage` keeps what is under way:
    `FileStorage`, or memory if none is given.
    """
    return Client(url, user, device=device, token=token, ticket=ticket, storage=storage, ssl=ssl)


class Client:
    """One user on one device. All of it belongs to the event loop that it was started in."""

    def __init__(
        self,
        url: str,
        user: str,
        *,
        device: str = "python",
        token: Credential | None = None,
        ticket: Callable[[], Awaitable[str]] | None = None,
        storage: Storage | None = None,
        ssl: tls.SSLContext | None = None,
    ):
        self.user = user
        self.device = device
        self.state = State("connecting")
        self._token = token
        self._ticket = ticket
        self._outbox = Outbox(storage or Memory(), user, device)
        self._connection = Connection(socket_url(url), self._hello, self, ssl)
        self._asks = Asks(self._connection.send)
        self._subscriptions = Subscriptions(self._connection.send, self._asks.ref)
        self._lanes = Lanes(self._outbox, self._connection.send, self._on_refused)
        self._handlers: dict[str, list[Callable[[Any], None]]] = {}
        self._seen: dict[str, int] = {}
        self._marks: dict[str, Position] = {}
        self._typed = NOT_TYPED
        self._watched: list[str] = []
        self._watch_ref = 0
        self._expires_at: float | None = None
        self._renewal: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Client:
        self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    def start(self) -> None:
        """Connects; also tries now instead of later, and again after `stopped`."""
        self._connection.start()

    async def close(self) -> None:
        """Ends it. What is not through stays in the storage."""
        self._subscriptions.acknowledge()
        if self._renewal is not None:
            self._renewal.cancel()
        await self._connection.close()
        self._lanes.close()
        self._asks.close()
        self._outbox.close()

    def on(self, name: EventName, handler: Callable[[Any], None]) -> Callable[[], None]:
        """Calls the handler at each such event, until what it returns is called.

        `state` (State), `refused` ((Draft, Problem): it never will be said), `typing` ((conversation, user)),
        `presence` ({user: online}), `problem` (Problem: of something that nobody waits for).
        """
        handlers = self._handlers.setdefault(name, [])
        handlers.append(handler)
        return lambda: handlers.remove(handler)

    @property
    def drafts(self) -> tuple[Draft, ...]:
        """What was said and is not through, the lowest counter first."""
        return tuple(self._outbox.drafts)

    # Following.

    def subscribe(
        self,
        conversation: str,
        from_: From = "start",
        *,
        message: Callable[[Message], None] | None = None,
        subscribed: Callable[[Subscribed], None] | None = None,
        ended: Callable[[Problem | None], None] | None = None,
    ) -> Subscription:
        """Follows a conversation; any number of them at the same time.

        What `message` returned from is acknowledged. `ended` is told why the server will send nothing
        more; None: one is no longer a member.
        """

        def heard(came: Message) -> None:
            if message is not None:
                message(came)
            self._subscriptions.done(made, came)

        def begun(told: Subscribed) -> None:
            self._forget_lost(told)
            if subscribed is not None:
                subscribed(told)

        made = self._subscriptions.add(conversation, from_, heard, begun, ended)
        return made

    async def follow(self, conversation: str, from_: From | None = None) -> AsyncIterator[Message]:
        """Messages as they come, from now on if nothing else is said; ends when one is no longer a member.

        A message is acknowledged when the next one is asked for. Whoever reads slowly holds up nobody:
        what does not fit waits at the server. Raises Problem if the conversation cannot be followed.
        """
        came: asyncio.Queue[Message | Problem | None] = asyncio.Queue()

        def take(message: Message) -> None:
            came.put_nowait(message)
            if came.qsize() >= FOLLOWED_MAX:
                self._subscriptions.pause(followed)

        begin: From = {"last": 0} if from_ is None else from_
        followed = self._subscriptions.add(conversation, begin, take, self._forget_lost, came.put_nowait)
        try:
            while True:
                message = await came.get()
                if message is None:
                    return
                if isinstance(message, Problem):
                    raise message
                yield message
                self._subscriptions.done(followed, message)
                if followed.is_paused and came.empty():
                    self._subscriptions.go_on(followed)
        finally:
            followed.close()

    # Saying. What is returned may be awaited, or left alone: it is sent in either case.

    def send(self, conversation: str, body: str, *, reply_to: int | None = None) -> asyncio.Future[Sent]:
        command: Frame = {"type": "send", "conversation": conversation, "body": body}
        self._typed = NOT_TYPED
        return self._say(command if reply_to is None else {**command, "reply_to": reply_to})

    def edit(self, conversation: str, target: int, body: str) -> asyncio.Future[Sent]:
        return self._say({"type": "edit", "conversation": conversation, "target": target, "body": body})

    def delete(self, conversation: str, target: int) -> asyncio.Future[Sent]:
        return self._say({"type": "delete", "conversation": conversation, "target": target})

    def react(self, conversation: str, target: int, reaction: str, on: bool = True) -> asyncio.Future[Sent]:
        return self._say({"type": "react", "conversation": conversation, "target": target, "reaction": reaction, "on": on})

    def create_direct(self, with_: str) -> asyncio.Future[Sent]:
        """Its `sent` names it; if it is there already, the problem `exists` does."""
        return self._say({"type": "create", "kind": "direct", "with": with_})

    def create(
        self, kind: Literal["group", "channel"], name: str, *, topic: str = "", public: bool = False, members: Iterable[str] = ()
    ) -> asyncio.Future[Sent]:
        """Its `sent` names it."""
        return self._say({"type": "create", "kind": kind, "name": name, "topic": topic, "public": public, "members": list(members)})

    def set_role(self, conversation: str, user: str, role: Role) -> asyncio.Future[Sent]:
        """Invites, joins, changes, removes (`none`) or leaves (`none`, of oneself)."""
        return self._say({"type": "member", "conversation": conversation, "user": user, "role": role})

    def describe(self, conversation: str, name: str, *, topic: str = "", public: bool = False) -> asyncio.Future[Sent]:
        """All of them anew."""
        return self._say({"type": "describe", "conversation": conversation, "name": name, "topic": topic, "public": public})

    # Asking.

    async def read(self, conversation: str, from_: int | Literal["latest"] = "latest", limit: int = 50) -> Page:
        """A page of what was said."""
        page = Page.of(await self._asks.ask({"type": "read", "conversation": conversation, "from": from_, "limit": limit}))
        for message in page.messages:
            self._observe(message.conversation, message.frame)
        return page

    async def list(self, after: str | None = None, limit: int = 200) -> list[Frame]:
        """The governed conversations of this user, by name."""
        command: Frame = {"type": "list", "limit": limit}
        answer = await self._asks.ask(command if after is None else {**command, "after": after})
        return [dict(each) for each in answer["conversations"]]

    async def members(self, conversation: str, after: str | None = None, limit: int = 200) -> dict[str, Role]:
        """Who is in it, as what."""
        command: Frame = {"type": "members", "conversation": conversation, "limit": limit}
        answer = await self._asks.ask(command if after is None else {**command, "after": after})
        return {each["user"]: each["role"] for each in answer["members"]}

    # What is said without an answer.

    def mark(self, conversation: str, position: Position) -> None:
        """The user has read everything up to here. Said when there is a connection, the last one only."""
        self._marks[conversation] = position
        if self._connection.is_open:
            self._say_marks()

    def typing(self, conversation: str) -> None:
        """Call it at each key: it is said as often as others are told, and anew after each message."""
        now = asyncio.get_running_loop().time()
        last, at = self._typed
        if not self._subscriptions.runs(conversation) or (last == conversation and now - at < TYPING_EVERY_S):
            return
        self._typed = (conversation, now)
        self._connection.send({"type": "typing", "conversation": conversation})

    def watch(self, users: Iterable[str]) -> None:
        """Whose coming and going one wants to hear of, as `presence`: these and no others."""
        self._watched = [*users]
        if self._connection.is_open:
            self._say_watch()

    # What the connection tells.

    def on_state(self, state: State) -> None:
        self.state = state
        self._emit("state", state)

    def on_welcome(self, frame: Frame) -> None:
        self._expires(frame.get("expires_at"))
        self._subscriptions.up()
        self._asks.up()
        self._lanes.up()
        if self._watched:
            self._say_watch()
        self._say_marks()

    def on_lost(self) -> None:
        self._subscriptions.down()
        self._asks.down()
        self._lanes.down()

    def on_beat(self) -> None:
        self._subscriptions.acknowledge()
        self._lanes.pump()
        self._outbox.save_lamport()
        due = self._expires_at is not None and time.time() >= self._expires_at - RENEW_BEFORE_S
        if due and callable(self._token) and (self._renewal is None or self._renewal.done()):
            self._expires_at = None
            self._renewal = asyncio.create_task(self._renew(self._token), name="hubbub token")

    def on_frame(self, frame: Frame) -> None:
        match frame.get("type"):
            case "message":
                self._observe(frame["conversation"], frame)
                self._subscriptions.message(frame)
            case "subscribed":
                self._subscriptions.subscribed(frame)
            case "unsubscribed":
                self._subscriptions.unsubscribed(frame)
            case "sent":
                self._lanes.sent(frame)
            case "typing":
                self._emit("typing", (frame["conversation"], frame["user"]))
            case "presence":
                self._emit("presence", {each["user"]: each["online"] for each in frame["users"]})
            case "page" | "conversations" | "members" | "refreshed":
                self._asks.answer(frame)
            case "problem":
                self._problem(frame)
            case _:
                # `pong`, and what later versions say.
                pass

    async def _hello(self) -> Frame:
        hello: Frame = {"type": "hello", "user": self.user, "device": self.device, "instance": self._outbox.instance}
        try:
            if self._ticket is not None:
                return {**hello, "ticket": await self._ticket()}
            token = await self._token() if callable(self._token) else self._token
        except Exception as error:
            # The next try asks for one again.
            raise Problem("unauthorized", f"no token could be had: {error}", "after") from error
        return {**hello, "token": token} if token else hello

    def _say(self, command: Frame) -> asyncio.Future[Sent]:
        size = len(json.dumps(command, ensure_ascii=False).encode())
        if self._outbox.is_full:
            return _refusal(Problem("outbox_full", "too much waits to be sent: wait until it is through", "after"))
        if size > COMMAND_MAX_BYTES:
            return _refusal(Problem("bad_frame", f"a command of {size} bytes is longer than {COMMAND_MAX_BYTES}"))
        return self._lanes.add(self._outbox.stamp(command, self._seen.get(command.get("conversation", ""), 0)))

    def _problem(self, frame: Frame) -> None:
        if self._lanes.problem(frame) or self._asks.problem(frame) or self._subscriptions.problem(frame):
            return
        problem = Problem.of(frame)
        if frame.get("ref") is None or frame["ref"] != self._watch_ref:
            self._emit("problem", problem)
        elif problem.may_retry:
            wait = max(problem.retry_after_ms / 1000, RETRY_WATCH_S)
            asyncio.get_running_loop().call_later(wait, self._watch_again, frame["ref"])

    def _watch_again(self, ref: int) -> None:
        if self._connection.is_open and ref == self._watch_ref:
            self._say_watch()

    def _on_refused(self, draft: Draft, problem: Problem) -> None:
        if problem.code == "seen_ahead":
            self._seen.pop(draft.conversation, None)
        self._emit("refused", (draft, problem))

    def _forget_lost(self, told: Subscribed) -> None:
        # What was lost cannot have been seen: a message that claims it is refused for good.
        seen = self._seen.get(told.conversation)
        if not told.recovered and seen is not None:
            self._seen[told.conversation] = min(seen, told.head)

    def _observe(self, conversation: str, frame: Mapping[str, Any]) -> None:
        self._outbox.observe(frame["lamport"][0])
        seen = self._seen.pop(conversation, 0)
        self._seen[conversation] = max(seen, frame["seq"])
        if len(self._seen) > SEEN_MAX:
            del self._seen[next(iter(self._seen))]

    def _expires(self, at_ms: int | None) -> None:
        self._expires_at = None if at_ms is None else at_ms / 1000

    async def _renew(self, token: Callable[[], Awaitable[str]]) -> None:
        try:
            answer = await self._asks.ask({"type": "refresh", "token": await token()})
            self._expires(answer.get("expires_at"))
        except Exception as error:
            # The server closes when the token expires, and the next `hello` brings a new one.
            _log.warning("the token was not renewed: %s", error)

    def _say_watch(self) -> None:
        self._watch_ref = self._asks.ref()
        self._connection.send({"type": "watch", "ref": self._watch_ref, "users": self._watched})

    def _say_marks(self) -> None:
        for conversation, position in self._marks.items():
            self._connection.send({"type": "mark", "conversation": conversation, **position.frame()})
        self._marks.clear()

    def _emit(self, name: EventName, told: Any) -> None:
        for handler in tuple(self._handlers.get(name, ())):
            try:
                handler(told)
            except Exception:
                # What goes wrong in a handler does not stop the client.
                _log.exception("a handler of %s failed", name)


def socket_url(url: str) -> str:
    """Where the WebSocket of a server is."""
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    if scheme not in ("ws", "wss"):
        raise ValueError(f"{url}: give http:, https:, ws: or wss:")
    return urlunsplit((scheme, parts.netloc, "/v1/ws" if parts.path in ("", "/") else parts.path, parts.query, ""))


def _refusal(problem: Problem) -> asyncio.Future[Sent]:
    refused: asyncio.Future[Sent] = asyncio.get_running_loop().create_future()
    refused.set_exception(problem)
    refused.exception()
    return refused
