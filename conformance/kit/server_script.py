"""Server cases: the kit plays one or several clients, frame by frame."""

from __future__ import annotations

import http.client
import json
import secrets
import time
from collections.abc import Callable
from typing import Any

from . import websocket
from .case import Case, Script, Unmet
from .pattern import fill, mismatch, shown_pattern
from .server import Server
from .websocket import Closed, WebSocket

SILENCE_MS = 150
SENT_AT = 1_700_000_000_000


class ServerScript(Script):
    def __init__(self, case: Case, server: Server):
        super().__init__(case)
        self.server = server
        self.sockets: dict[str, WebSocket] = {}
        self.counters: dict[str, int] = {}
        self.run_id = secrets.token_hex(4)
        self.names["run"] = self.run_id
        for name in case.names:
            self.names[name] = f"{name}-{self.run_id}"

    def verb(self, actor: str, name: str) -> Callable[..., None]:
        method: Callable[..., None] | None = getattr(self, f"do_{name}", None)
        if method is None:
            raise Unmet(f"there is no verb {name}")
        return lambda *given: method(actor, *given)

    def close(self) -> None:
        for sock in self.sockets.values():
            sock.drop()

    # What a client does.

    def do_opens(self, actor: str, options: dict[str, Any] | None = None) -> None:
        """Shakes hands and says nothing."""
        given = options or {}
        self.names.setdefault(actor, f"{actor}-{self.run_id}")
        self.names.setdefault(f"{actor}.instance", secrets.token_hex(8))
        path, asked = given.get("path", "/v1/ws"), given.get("subprotocol", websocket.SUBPROTOCOL)
        wanted = given.get("status", 101)
        try:
            sock = websocket.connect(self.server.host, self.server.port, path, asked, given.get("headers"))
        except websocket.Refused as refused:
            if refused.status != wanted:
                raise Unmet(str(refused), wanted, refused.status) from refused
            return
        except OSError as error:
            raise Unmet(f"no connection: {error}") from error
        self.sockets[actor] = sock
        if wanted != 101:
            raise Unmet("the handshake was accepted", wanted, 101)
        answered = given.get("answers_subprotocol", asked)
        if sock.subprotocol != answered:
            raise Unmet("another sub-protocol was answered", answered, sock.subprotocol)

    def do_connects(self, actor: str, options: dict[str, Any] | None = None) -> None:
        """Shakes hands, says hello and is welcome."""
        given = options or {}
        self.do_opens(actor)
        hello = {"type": "hello", "user": f"${actor}", "device": "kit", "instance": f"${actor}.instance", **given}
        if "instance" in given:
            self.names[f"{actor}.instance"] = fill(given["instance"], self.names)
        self.do_says(actor, hello)
        self.do_hears(actor, {"type": "welcome", "heartbeat_ms": "$integer"})

    def do_says(self, actor: str, frame: Any) -> None:
        self.do_says_text(actor, json.dumps(fill(frame, self.names), ensure_ascii=False, separators=(",", ":")))

    def do_stamps(self, actor: str, counter: Any, frame: dict[str, Any]) -> None:
        """Says what takes a sequence number, with the stamp that every such frame has."""
        number = self.counters.get(actor, 0) + 1 if counter == "next" else fill(counter, self.names)
        self.counters[actor] = max(number, self.counters.get(actor, 0))
        stamp = {"id": f"${{{actor}.instance}}-{number}", "lamport": number, "seen_seq": 0, "sent_at": SENT_AT}
        self.do_says(actor, {**stamp, **frame})

    def do_says_text(self, actor: str, text: Any) -> None:
        filled = fill(text, self.names)
        self.note(f"{actor} → {filled}")
        self.socket(actor).send_text(filled)

    def do_sends_frame(self, actor: str, frame: dict[str, Any]) -> None:
        """One WebSocket frame, as it is said here: `opcode`, `payload` or `hex`, `fin`, `mask`, `rsv`."""
        payload = bytes.fromhex(frame["hex"]) if "hex" in frame else self.text_of(frame.get("payload", "")).encode()
        self.note(f"{actor} → a frame {frame}")
        opcode = frame["opcode"]
        number = websocket.OPCODES[opcode] if isinstance(opcode, str) else opcode
        self.socket(actor).send_frame(number, payload, frame.get("fin", True), frame.get("mask"), frame.get("rsv", 0))

    def do_sends_close(self, actor: str, code: int | None, reason: str = "") -> None:
        self.socket(actor).send_close(code, reason)

    def do_drops(self, actor: str) -> None:
        self.sockets.pop(actor).drop()

    def do_leaves(self, actor: str) -> None:
        self.do_sends_close(actor, 1000)
        self.do_is_closed(actor, [1000, 1005])
        self.sockets.pop(actor).drop()

    # What a client hears.

    def do_hears(self, actor: str, pattern: Any) -> None:
        self.fits(pattern, self.frame(actor, self.until(), pattern))

    def do_hears_in_any_order(self, actor: str, patterns: list[Any]) -> None:
        left = list(patterns)
        while left:
            frame = self.frame(actor, self.until(), left)
            at = next((at for at, each in enumerate(left) if mismatch(each, frame, self.names) is None), None)
            if at is None:
                raise Unmet("a frame fits none of those that are waited for", left, frame)
            del left[at]

    def do_hears_text(self, actor: str, exact: str) -> None:
        """The same bytes: for answers that must not differ at all."""
        message = self.message(actor, self.until(), exact)
        if message != fill(exact, self.names):
            raise Unmet("another text came", fill(exact, self.names), message)

    def do_hears_nothing(self, actor: str, ms: int = SILENCE_MS) -> None:
        try:
            came = self.socket(actor).receive(time.monotonic() + ms / 1000)
        except TimeoutError:
            return
        raise Unmet(f"something came within {ms} ms", None, came if isinstance(came, str) else repr(came))

    def do_hears_until(self, actor: str, pattern: Any) -> None:
        """Skips what does not fit; for what may come late among other frames."""
        end = self.until()
        while mismatch(pattern, self.frame(actor, end, pattern), self.names) is not None:
            pass

    def do_asks_until(self, actor: str, question: Any, pattern: Any, ms: int = 5000) -> None:
        """Asks again and again until the answer fits: for what is promised within a time."""
        end = self.until(ms / 1000)
        while True:
            self.do_says(actor, question)
            frame = self.frame(actor, self.until(), pattern)
            why = mismatch(pattern, frame, self.names)
            if why is None:
                return
            if time.monotonic() > end:
                raise Unmet(f"not within {ms} ms: {why}", shown_pattern(pattern, self.names), frame)
            time.sleep(0.1)

    def do_hears_pong(self, actor: str, payload: str) -> None:
        """A WebSocket pong with this payload; frames of the protocol may come before it."""
        sock, end = self.socket(actor), self.until()
        while payload.encode() not in sock.pongs:
            if sock.closed is not None or self.next_control(sock, end) is None:
                raise Unmet("no pong came", payload, [pong.decode(errors="replace") for pong in sock.pongs])

    def do_is_closed(self, actor: str, codes: int | list[int], reason: Any = None) -> None:
        """The server closes with one of these codes; what it said before is skipped."""
        wanted = codes if isinstance(codes, list) else [codes]
        sock, end = self.socket(actor), self.until()
        came: Any = None
        while not isinstance(came, Closed):
            try:
                came = sock.receive(end)
            except TimeoutError as late:
                raise Unmet("the connection is not closed", wanted) from late
            except UnicodeDecodeError:
                continue
        if came.code not in wanted:
            raise Unmet("closed with another code", wanted, {"code": came.code, "reason": came.reason})
        if reason is not None:
            self.fits(reason, came.reason)

    def do_frames_are_masked(self, actor: str, masked: bool) -> None:
        if self.socket(actor).peer_masks is not masked:
            raise Unmet("the frames of the server are masked", masked, self.socket(actor).peer_masks)

    # What happens to the server.

    def do_is_killed(self, _: str) -> None:
        self.server.kill()

    def do_starts(self, _: str) -> None:
        self.server.start()

    def do_stops(self, _: str) -> None:
        code = self.server.stop()
        if code != 0:
            raise Unmet("the server ended with another exit code", 0, code)

    def do_gives(self, _: str, name: str, value: Any) -> None:
        """Binds a name."""
        self.names[name] = fill(value, self.names)

    def do_forgets(self, _: str, *names: str) -> None:
        """Unbinds names, so that they can be bound anew."""
        for name in names:
            self.names.pop(name, None)

    def do_has(self, _: str, value: Any, pattern: Any) -> None:
        """Compares what was bound before."""
        self.fits(pattern, fill(value, self.names))

    # Over HTTP.

    def do_asks(self, actor: str, request: dict[str, Any], answer: dict[str, Any]) -> None:
        """One HTTP request; `method`, `path`, `headers`, `body` (JSON) → `status`, `headers`, `body`."""
        given = fill(request, self.names)
        body = json.dumps(given["body"]) if "body" in given else given.get("text")
        headers = {"Content-Type": "application/json", **given.get("headers", {})}
        connection = http.client.HTTPConnection(self.server.host, self.server.port, timeout=5)
        try:
            connection.request(given.get("method", "GET"), given["path"], body, headers)
            response = connection.getresponse()
            if "events" in answer:
                got: Any = read_events(response, len(answer["events"]), self.until())
                self.fits({"status": answer.get("status", 200), "events": answer["events"]}, {"status": response.status, "events": got})
                return
            text = response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            raise Unmet(f"no answer over HTTP: {error}", answer) from error
        finally:
            connection.close()
        self.note(f"{actor} {given.get('method', 'GET')} {given['path']} → {response.status} {text}")
        fields = {name.lower(): value for name, value in response.getheaders()}
        parsed = json.loads(text) if text and "json" in fields.get("content-type", "") else text
        self.fits({"status": 200, **answer}, {"status": response.status, "headers": fields, "body": parsed})

    # Among themselves.

    def socket(self, actor: str) -> WebSocket:
        if actor not in self.sockets:
            raise Unmet(f"{actor} has no connection")
        return self.sockets[actor]

    def message(self, actor: str, end: float, expected: Any) -> str:
        try:
            message = self.socket(actor).receive(end)
        except TimeoutError as late:
            raise Unmet("nothing came", shown_pattern(expected, self.names)) from late
        except UnicodeDecodeError as error:
            raise Unmet(f"a text frame is not UTF-8: {error}") from error
        if isinstance(message, Closed):
            raise Unmet("the connection was closed", shown_pattern(expected, self.names), {"code": message.code, "reason": message.reason})
        if isinstance(message, bytes):
            raise Unmet("a binary frame came", expected, repr(message[:100]))
        self.note(f"{actor} ← {message}")
        return message

    def frame(self, actor: str, end: float, expected: Any) -> Any:
        message = self.message(actor, end, expected)
        try:
            return json.loads(message)
        except ValueError as error:
            raise Unmet(f"a frame is no JSON: {error}", expected, message) from error

    def fits(self, pattern: Any, value: Any) -> None:
        why = mismatch(pattern, value, self.names)
        if why is not None:
            raise Unmet(why, shown_pattern(pattern, self.names), value)

    def next_control(self, sock: WebSocket, end: float) -> Any:
        try:
            return sock.receive(min(end, time.monotonic() + 0.2))
        except TimeoutError:
            return None if time.monotonic() >= end else "later"

    def text_of(self, payload: Any) -> str:
        filled = fill(payload, self.names)
        return filled if isinstance(filled, str) else json.dumps(filled, ensure_ascii=False)


def read_events(response: http.client.HTTPResponse, count: int, end: float) -> list[dict[str, Any]]:
    """The first so many server-sent events that are messages; `data` is read as JSON."""
    events: list[dict[str, Any]] = []
    fields: dict[str, str] = {}
    while len(events) < count and time.monotonic() < end:
        line = response.readline().decode().rstrip("\r\n")
        if not line and "data" in fields and fields.get("event") == "message":
            events.append({**fields, "data": json.loads(fields["data"])})
        if not line:
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
    return events
