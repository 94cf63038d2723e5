"""One socket at a time: says hello, shows signs of life, and comes back when the connection is lost.

No sooner than docs/protocol.md ("Reconnecting") allows.
"""

from __future__ import annotations

import asyncio
import json
import ssl as tls
from collections.abc import Awaitable, Callable
from typing import Protocol

from .backoff import Backoff, least_wait
from .problem import Problem
from .types import Frame, State
from .websocket import Closed, WebSocket

SUBPROTOCOL = "hubbub.v1.json"
CONNECT_TIMEOUT_S = 10.0
BEAT_S = 1.0


class Listener(Protocol):
    """Who is told what happens on the connection."""

    def on_state(self, state: State) -> None: ...

    def on_welcome(self, frame: Frame) -> None: ...

    def on_frame(self, frame: Frame) -> None: ...

    def on_lost(self) -> None: ...

    def on_beat(self) -> None: ...


class Connection:
    """Runs as one task from `start` to `close`."""

    def __init__(self, url: str, hello: Callable[[], Awaitable[Frame]], listener: Listener, ssl: tls.SSLContext | None = None):
        self._url = url
        self._hello = hello
        self._listener = listener
        self._ssl = ssl
        self._socket: WebSocket | None = None
        self._task: asyncio.Task[None] | None = None
        self._now = asyncio.Event()
        self._backoff = Backoff()
        self._heartbeat_s = 0.0
        self._heard_at = 0.0
        self._said_at = 0.0
        self._opened_at = 0.0
        #: What the server said instead of a welcome.
        self.refusal: Problem | None = None

    @property
    def is_open(self) -> bool:
        return self._opened_at > 0

    def start(self) -> None:
        """Connects now, whatever was waited for; also after the server said not to come back."""
        self._now.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="hubbub connection")

    async def close(self) -> None:
        """Closes for good."""
        if self._socket is not None and self.is_open:
            socket, self._socket, self._opened_at = self._socket, None, 0.0
            await self._end_task()
            await socket.close()
        else:
            await self._end_task()
            self._drop()
        self._listener.on_state(State("closed"))

    def send(self, frame: Frame) -> None:
        """Without a connection it goes nowhere: what must arrive is sent again by who keeps it."""
        if self._socket is None:
            return
        self._said_at = asyncio.get_running_loop().time()
        self._socket.send(json.dumps(frame, ensure_ascii=False, separators=(",", ":")))

    async def _end_task(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._now.clear()
            self.refusal = None
            self._listener.on_state(State("connecting"))
            closed = await self._live()
            stood = loop.time() - self._opened_at if self.is_open else 0.0
            self._drop()
            least = least_wait(closed.code, closed.reason)
            if least is None:
                self._listener.on_state(State("stopped", why=str(self.refusal or closed)))
                return
            asked = self.refusal.retry_after_ms / 1000 if self.refusal else 0.0
            wait = self._backoff.next(stood, max(least, asked, closed.retry_after_s))
            self._listener.on_state(State("waiting", again_in=wait))
            try:
                async with asyncio.timeout(wait):
                    await self._now.wait()
            except TimeoutError:
                pass

    async def _live(self) -> Closed:
        """One connection, from the try to its end."""
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S) as patience:
                self._socket = await WebSocket.connect(self._url, SUBPROTOCOL, self._ssl)
                self.send(await self._hello())
                welcome = await self._welcome(self._socket)
                patience.reschedule(None)
            return await self._converse(self._socket, welcome)
        except Closed as closed:
            return closed
        except (OSError, TimeoutError, Problem) as error:
            return Closed(1006, str(error))

    async def _welcome(self, socket: WebSocket) -> Frame:
        while True:
            frame = _parsed(await socket.receive())
            if frame.get("type") == "problem":
                self.refusal = Problem.of(frame)
            if frame.get("type") == "welcome":
                return frame

    async def _converse(self, socket: WebSocket, welcome: Frame) -> Closed:
        loop = asyncio.get_running_loop()
        self._heartbeat_s = welcome["heartbeat_ms"] / 1000
        self._opened_at = self._heard_at = loop.time()
        self._listener.on_state(State("open"))
        self._listener.on_welcome(welcome)
        beats = asyncio.create_task(self._beats(socket), name="hubbub heartbeat")
        try:
            while True:
                text = await socket.receive()
                self._heard_at = loop.time()
                if text is not None:
                    self._listener.on_frame(_parsed(text))
        finally:
            beats.cancel()

    async def _beats(self, socket: WebSocket) -> None:
        """Signs of life, both ways."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(BEAT_S)
            now = loop.time()
            if now - self._heard_at > 3 * self._heartbeat_s:
                # The task that receives finds the end of the stream.
                socket.drop()
                return
            if now - self._said_at >= self._heartbeat_s:
                self.send({"type": "ping"})
            self._listener.on_beat()

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.drop()
        self._socket = None
        self._opened_at = 0.0
        self._listener.on_lost()


def _parsed(text: str | None) -> Frame:
    if text is None:
        return {}
    try:
        frame = json.loads(text)
    except ValueError:
        return {}
    return frame if isinstance(frame, dict) else {}
