"""Client cases: the kit plays the server, and drives a client library through its driver."""

from __future__ import annotations

import json
import queue
import shutil
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import websocket
from .case import Case, Script, Unmet
from .driver import Driver
from .pattern import fill, mismatch, shown_pattern
from .websocket import Closed, WebSocket

#: What clients say by themselves: put aside unless it is waited for.
ASIDES = ("ping", "ack")
#: How late, in real time, a client may be that waits for something: this machine has other work.
LATE_S = 0.25
STEP_S = 4.0
OTHER = "00000000000000bb"


class ClientScript(Script):
    def __init__(self, case: Case, command: str):
        super().__init__(case)
        self.command = command
        self.folder = Path(tempfile.mkdtemp(prefix="hubbub-kit-"))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(0.05)
        self.port = self.listener.getsockname()[1]
        self.names.update(url=f"ws://127.0.0.1:{self.port}", storage=str(self.folder / "outbox"))
        self.driver: Driver | None = None
        self.waiting: list[dict[str, Any]] = []
        self.peer: WebSocket | None = None
        self.lost_at = time.monotonic()

    def verb(self, actor: str, name: str) -> Callable[..., None]:
        method: Callable[..., None] | None = getattr(self, f"{actor}_{name}", None)
        if method is None:
            raise Unmet(f"there is no {actor} that {name}")
        return method

    def close(self) -> None:
        if self.driver is not None:
            self.driver.kill()
        if self.peer is not None:
            self.peer.drop()
        self.listener.close()
        log = self.folder / "log"
        if log.exists() and log.stat().st_size:
            self.note(f"standard error of the driver: {log.read_text(errors='replace')[-1500:]}")
        shutil.rmtree(self.folder, ignore_errors=True)

    # The client.

    def client_opens(self, options: dict[str, Any] | None = None) -> None:
        """Starts the driver if it does not run, and opens a client."""
        if self.driver is None:
            self.driver = Driver(self.command, self.case.time_scale, str(self.folder / "log"))
        self.client_does({"do": "open", "url": "$url", "user": "zoe", "device": "kit", **(options or {})})

    def client_does(self, command: dict[str, Any]) -> None:
        filled = fill(command, self.names)
        self.note(f"client: {json.dumps(filled, ensure_ascii=False)}")
        if self.driver is None or not self.driver.do(filled):
            raise Unmet("the driver does not run")

    def client_tells(self, pattern: dict[str, Any]) -> None:
        """The next event of that kind; a state is waited for."""
        kind, wanted, end = pattern["event"], pattern.get("is"), self.until(STEP_S)
        while True:
            event = self.event(kind, end)
            if event is None:
                raise Unmet(f"the client does not tell of {kind} {wanted or ''}".rstrip(), shown_pattern(pattern, self.names))
            if wanted is None or event.get("is") == wanted:
                why = mismatch(pattern, event, self.names)
                if why is not None:
                    raise Unmet(why, shown_pattern(pattern, self.names), event)
                return

    def client_tells_nothing(self, kind: str, ms: int) -> None:
        """No such event for so long, of the client's time."""
        event = self.event(kind, self.soon(ms))
        if event is not None:
            raise Unmet(f"the client tells of {kind}", None, event)

    def client_dies(self) -> None:
        """As in a crash: nothing more is written or said."""
        assert self.driver is not None
        self.driver.kill()
        self.driver = None
        self.waiting.clear()
        self.lost_at = time.monotonic()
        if self.peer is not None:
            self.peer.drop()
            self.peer = None

    # The server.

    def server_accepts(self, options: dict[str, Any] | None = None) -> None:
        """The next connection and its handshake. `after_ms`: so long after the last was lost, of the client's time."""
        given = options or {}
        low, high = given.get("after_ms", (0, 0))
        patience = max(STEP_S, high / 1000 / self.case.time_scale + LATE_S)
        sock = self.next_connection(self.until(patience))
        took_ms = (time.monotonic() - self.lost_at) * 1000 * self.case.time_scale
        if "after_ms" in given and not low <= took_ms <= high + LATE_S * 1000 * self.case.time_scale:
            raise Unmet("the client connects too early or too late", {"after_ms": [low, high]}, {"after_ms": round(took_ms)})
        status = given.get("status", 101)
        try:
            peer, first, fields = websocket.accept(sock, given.get("answers_subprotocol", websocket.SUBPROTOCOL), status, given.get("headers"))
        except (websocket.Refused, OSError) as error:
            raise Unmet(f"the client does not shake hands: {error}") from error
        self.note(f"server: {first} → {status}")
        if "request" in given and given["request"] != first:
            raise Unmet("another request", given["request"], first)
        for name, value in given.get("fields", {}).items():
            why = mismatch(value, fields.get(name.lower()), self.names, name)
            if why is not None:
                raise Unmet(why, given["fields"], fields)
        self.peer = peer
        if peer is None:
            self.lost_at = time.monotonic()

    def server_greets(self, welcome: dict[str, Any] | None = None, options: dict[str, Any] | None = None) -> None:
        """Accepts, hears hello, and says welcome."""
        self.server_accepts(options)
        about = self.hear_about({"type": "hello"})
        self.server_says({"type": "welcome", **about, "heartbeat_ms": 60000, **(welcome or {})})

    def server_hears(self, pattern: dict[str, Any]) -> None:
        self.hear_about(pattern)

    def server_hears_in_any_order(self, patterns: list[dict[str, Any]]) -> None:
        left, end = list(patterns), self.until(STEP_S)
        while left:
            frame = self.frame(end, None, left)
            at = next((at for at, each in enumerate(left) if mismatch(each, frame, self.names) is None), None)
            if at is None:
                raise Unmet("a frame fits none of those that are waited for", [shown_pattern(each, self.names) for each in left], frame)
            del left[at]

    def server_hears_nothing(self, ms: int, but: list[str] | None = None) -> None:
        """No frame for so long, of the client's time; signs of life and what `but` names do not count."""
        end = self.soon(ms)
        while True:
            try:
                came = self.receive(end)
            except TimeoutError:
                return
            if isinstance(came, Closed):
                raise Unmet("the client closed", None, {"code": came.code, "reason": came.reason})
            if came.get("type") not in (*ASIDES, *(but or [])):
                raise Unmet("the client says something", None, came)
            self.answer_ping(came)

    def server_says(self, frame: dict[str, Any]) -> None:
        self.server_says_text(json.dumps(fill(frame, self.names), ensure_ascii=False))

    def server_says_text(self, text: str) -> None:
        self.note(f"server → {text}")
        self.connection().send_text(text)

    def server_begins(self, conversation: str, answer: dict[str, Any] | None = None, pattern: dict[str, Any] | None = None) -> None:
        """Hears a subscribe and answers it."""
        about = self.hear_about({"type": "subscribe", "conversation": conversation, **(pattern or {})})
        begun = {"type": "subscribed", **about, "epoch": 1, "recovered": True, "next": 1, "head": 0}
        self.server_says({**begun, **(answer or {})})

    def server_delivers(self, message: dict[str, Any]) -> None:
        """A message with everything that it has."""
        seq = message["seq"]
        whole = {"conversation": "lobby", "epoch": 1, "ordinal": seq, "id": f"{OTHER}-{seq}", "sender": "bob", "lamport": [seq, OTHER]}
        times = {"seen_seq": 0, "sent_at": 1_700_000_000_000, "received_at": 1_700_000_000_001}
        text = {} if "kind" in message else {"body": f"number {seq}"}
        self.server_says({"type": "message", **whole, **times, **text, **message})

    def server_takes(self, pattern: dict[str, Any], answer: dict[str, Any]) -> None:
        """Hears what takes a sequence number, and says that it is durable."""
        about = self.hear_about(pattern)
        self.server_says({"type": "sent", **about, "epoch": 1, "received_at": 1_700_000_000_001, "duplicate": False, **answer})

    def server_refuses(self, pattern: dict[str, Any], problem: dict[str, Any]) -> None:
        """Hears something, and answers it with a problem."""
        about = self.hear_about(pattern)
        self.server_says({"type": "problem", **about, "detail": "so it is", "retry": "never", **problem})

    def server_answers(self, pattern: dict[str, Any], answer: dict[str, Any]) -> None:
        """Hears a question, and answers it."""
        about = self.hear_about(pattern)
        self.server_says({"ref": about.get("ref"), **answer})

    def server_closes(self, code: int, reason: str = "") -> None:
        """Closes, and hears the client's close."""
        peer = self.connection()
        peer.send_close(code, reason)
        self.lost_at = time.monotonic()
        self.server_is_closed()

    def server_is_closed(self, codes: list[int] | None = None) -> None:
        """The client closes, with one of these codes; what it says before is skipped."""
        end, came = self.until(STEP_S), None
        while not isinstance(came, Closed):
            try:
                came = self.receive(end)
            except TimeoutError as late:
                raise Unmet("the client does not close", codes) from late
        if codes is not None and came.code not in codes:
            raise Unmet("closed with another code", codes, {"code": came.code, "reason": came.reason})
        self.connection().drop()
        self.peer = None
        self.lost_at = max(self.lost_at, time.monotonic()) if codes is not None else self.lost_at

    def server_drops(self) -> None:
        self.connection().drop()
        self.peer = None
        self.lost_at = time.monotonic()

    def server_sends_frame(self, frame: dict[str, Any]) -> None:
        filled = fill(frame.get("payload", ""), self.names)
        text = filled if isinstance(filled, str) else json.dumps(filled, ensure_ascii=False)
        payload = bytes.fromhex(frame["hex"]) if "hex" in frame else text.encode()
        opcode = frame["opcode"]
        number = websocket.OPCODES[opcode] if isinstance(opcode, str) else opcode
        self.connection().send_frame(number, payload, frame.get("fin", True), frame.get("mask"), frame.get("rsv", 0))

    def server_hears_pong(self, payload: str) -> None:
        peer, end = self.connection(), self.until(STEP_S)
        while payload.encode() not in peer.pongs:
            try:
                if isinstance(self.receive(min(end, time.monotonic() + 0.1)), Closed):
                    raise Unmet("the client closed instead of a pong", payload)
            except TimeoutError:
                if time.monotonic() >= end:
                    raise Unmet("no pong came", payload) from None

    def server_sees_nobody(self, ms: int) -> None:
        """The client does not connect for so long, of its time."""
        try:
            self.next_connection(self.soon(ms))
        except Unmet:
            return
        raise Unmet(f"the client connects again within {ms} ms")

    def server_has(self, value: Any, pattern: Any) -> None:
        """Compares what was bound before."""
        self.fits(pattern, fill(value, self.names))

    # Among themselves.

    def soon(self, ms: int) -> float:
        return min(self.deadline, time.monotonic() + ms / 1000 / self.case.time_scale)

    def hear_about(self, pattern: dict[str, Any]) -> dict[str, Any]:
        """Hears a frame; what the answer to it carries as well."""
        end = self.until(STEP_S)
        frame = self.frame(end, pattern.get("type"), pattern)
        while is_lower_ack(frame, pattern):
            frame = self.frame(end, pattern.get("type"), pattern)
        self.fits(pattern, frame)
        return {name: frame[name] for name in ("ref", "id", "conversation") if name in frame}

    def event(self, kind: str, end: float) -> dict[str, Any] | None:
        """The next event of this kind; others are kept for who asks for them."""
        at = next((at for at, event in enumerate(self.waiting) if event.get("event") == kind), None)
        if at is not None:
            return self.waiting.pop(at)
        while True:
            left = end - time.monotonic()
            if self.driver is None:
                raise Unmet("the driver does not run")
            try:
                event = self.driver.events.get(timeout=max(left, 0.001))
            except queue.Empty:
                return None
            self.note(f"client tells {json.dumps(event, ensure_ascii=False)}")
            if event.get("event") == kind:
                return event
            self.waiting.append(event)

    def next_connection(self, end: float) -> socket.socket:
        while time.monotonic() < end:
            try:
                return self.listener.accept()[0]
            except TimeoutError:
                if self.driver is not None and self.driver.process.poll() is not None:
                    raise Unmet(f"the driver ended with {self.driver.process.returncode}") from None
        raise Unmet("the client does not connect")

    def connection(self) -> WebSocket:
        if self.peer is None:
            raise Unmet("there is no connection")
        return self.peer

    def receive(self, end: float) -> dict[str, Any] | Closed:
        peer = self.connection()
        came = peer.receive(end)
        if isinstance(came, Closed):
            self.note(f"client closes {came.code} {came.reason}")
            return came
        if peer.peer_masks is False:
            raise Unmet("the client sends a frame without a mask")
        self.note(f"client → {came!r}")
        if isinstance(came, bytes):
            raise Unmet("the client sends a binary frame", None, repr(came[:100]))
        frame = json.loads(came)
        if not isinstance(frame, dict):
            raise Unmet("the client says what is no JSON object", None, came)
        return frame

    def frame(self, end: float, wanted: str | None, expected: Any) -> dict[str, Any]:
        """The next frame; signs of life are put aside unless they are wanted."""
        while True:
            try:
                came = self.receive(end)
            except TimeoutError as late:
                raise Unmet("the client says nothing", shown_pattern(expected, self.names)) from late
            if isinstance(came, Closed):
                raise Unmet("the client closed", shown_pattern(expected, self.names), {"code": came.code, "reason": came.reason})
            if came.get("type") == wanted or came.get("type") not in ASIDES:
                return came
            self.answer_ping(came)

    def answer_ping(self, frame: dict[str, Any]) -> None:
        if frame.get("type") == "ping":
            self.connection().send_text(json.dumps({"type": "pong", **({"ref": frame["ref"]} if "ref" in frame else {})}))

    def fits(self, pattern: Any, value: Any) -> None:
        why = mismatch(pattern, value, self.names)
        if why is not None:
            raise Unmet(why, shown_pattern(pattern, self.names), value)


def is_lower_ack(frame: dict[str, Any], pattern: dict[str, Any]) -> bool:
    """Acknowledgements are cumulative: how many there are on the way to one is the client's business."""
    wanted, seq = pattern.get("seq"), frame.get("seq")
    return (
        pattern.get("type") == frame.get("type") == "ack"
        and isinstance(wanted, int)
        and isinstance(seq, int)
        and seq < wanted
    )
