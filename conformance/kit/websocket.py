"""A WebSocket (RFC 6455) that can also be used wrongly: frames are sent exactly as a case says.

Blocking, with a deadline on every read. Libraries hide what these cases are about: who masks, how a
message is cut, what follows a close frame.
"""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import struct
import time
from dataclasses import dataclass

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
OPCODES = {"continuation": CONTINUATION, "text": TEXT, "binary": BINARY, "close": CLOSE, "ping": PING, "pong": PONG}
SUBPROTOCOL = "hubbub.v1.json"
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
HEAD_MAX_BYTES = 64 * 1024


class Refused(Exception):
    """The handshake was not answered with 101."""

    def __init__(self, status: int, detail: str):
        super().__init__(f"the handshake was answered with {status}: {detail}")
        self.status = status


@dataclass
class Frame:
    fin: bool
    opcode: int
    masked: bool
    payload: bytes
    rsv: int = 0


@dataclass
class Closed:
    """How a connection ended: `code` is 1005 if the close frame had none, 1006 if none came."""

    code: int
    reason: str


class WebSocket:
    """One side of a connection whose handshake is done."""

    def __init__(self, sock: socket.socket, masks: bool, rest: bytes = b"", subprotocol: str | None = None):
        self.sock = sock
        self.masks = masks
        self.subprotocol = subprotocol
        self.buffer = bytearray(rest)
        self.parts: list[bytes] = []
        self.pongs: list[bytes] = []
        self.answers_pings = True
        self.peer_masks: bool | None = None
        self.closed: Closed | None = None
        self.close_sent = False

    def send_text(self, text: str) -> None:
        self.send_frame(TEXT, text.encode())

    def send_close(self, code: int | None, reason: str = "") -> None:
        payload = b"" if code is None else struct.pack("!H", code) + reason.encode()
        self.close_sent = True
        self.send_frame(CLOSE, payload)

    def send_frame(self, opcode: int, payload: bytes, fin: bool = True, mask: bool | None = None, rsv: int = 0) -> None:
        self.send_bytes(encode(opcode, payload, fin, self.masks if mask is None else mask, rsv))

    def send_bytes(self, data: bytes) -> None:
        self.sock.settimeout(5)
        try:
            self.sock.sendall(data)
        except OSError:
            # That it is closed is told by the next read.
            pass

    def read_frame(self, deadline: float) -> Frame | None:
        """The next frame; `None` at the end of the stream.

        Raises TimeoutError at the deadline, and keeps what came until then.
        """
        while True:
            frame = self._cut()
            if frame is not None:
                self.peer_masks = frame.masked
                return frame
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.sock.settimeout(left)
            try:
                data = self.sock.recv(65536)
            except TimeoutError:
                raise
            except OSError:
                return None
            if not data:
                return None
            self.buffer += data

    def receive(self, deadline: float) -> str | bytes | Closed:
        """The next message, or how it ended. Pings are answered, pongs put aside."""
        while self.closed is None:
            frame = self.read_frame(deadline)
            if frame is None:
                self.closed = Closed(1006, "")
            elif frame.opcode == PING:
                if self.answers_pings:
                    self.send_frame(PONG, frame.payload)
            elif frame.opcode == PONG:
                self.pongs.append(frame.payload)
            elif frame.opcode == CLOSE:
                code = struct.unpack("!H", frame.payload[:2])[0] if len(frame.payload) >= 2 else 1005
                self.closed = Closed(code, frame.payload[2:].decode(errors="replace"))
                if not self.close_sent:
                    self.send_close(None if code == 1005 else code)
            else:
                self.parts.append(frame.payload)
                if frame.fin:
                    whole, self.parts = b"".join(self.parts), []
                    return whole.decode() if frame.opcode != BINARY else whole
        return self.closed

    def drop(self) -> None:
        """Ends it without a word: the peer sees a reset or an end."""
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
        self.sock.close()

    def _cut(self) -> Frame | None:
        data = self.buffer
        if len(data) < 2:
            return None
        masked, length, at = bool(data[1] & 0x80), data[1] & 0x7F, 2
        if length >= 126:
            size = 2 if length == 126 else 8
            if len(data) < at + size:
                return None
            length = int.from_bytes(data[at : at + size], "big")
            at += size
        key = bytes(data[at : at + 4]) if masked else b""
        at += len(key)
        if len(data) < at + length:
            return None
        payload = apply_mask(bytes(data[at : at + length]), key)
        frame = Frame(bool(data[0] & 0x80), data[0] & 0x0F, masked, payload, (data[0] >> 4) & 7)
        del data[: at + length]
        return frame


def encode(opcode: int, payload: bytes, fin: bool, mask: bool, rsv: int = 0) -> bytes:
    head = bytearray([(0x80 if fin else 0) | (rsv << 4) | opcode])
    bit = 0x80 if mask else 0
    if len(payload) < 126:
        head.append(bit | len(payload))
    elif len(payload) < 65536:
        head.append(bit | 126)
        head += struct.pack("!H", len(payload))
    else:
        head.append(bit | 127)
        head += struct.pack("!Q", len(payload))
    key = os.urandom(4) if mask else b""
    return bytes(head) + key + apply_mask(payload, key)


def apply_mask(payload: bytes, key: bytes) -> bytes:
    if not key or not payload:
        return payload
    repeated = (key * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(payload), "big")


def connect(host: str, port: int, path: str = "/v1/ws", subprotocol: str | None = SUBPROTOCOL, headers: dict[str, str] | None = None) -> WebSocket:
    """Connects and shakes hands; raises Refused if the server does not want to."""
    sock = socket.create_connection((host, port), timeout=5)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}:{port}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
    if subprotocol is not None:
        lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    first, fields, rest = read_head(sock)
    status = int(first.split(" ")[1])
    if status != 101:
        sock.close()
        raise Refused(status, first)
    if fields.get("sec-websocket-accept") != accept_of(key):
        sock.close()
        raise Refused(status, "Sec-WebSocket-Accept does not fit the key")
    return WebSocket(sock, masks=True, rest=rest, subprotocol=fields.get("sec-websocket-protocol"))


def accept(sock: socket.socket, subprotocol: str | None = SUBPROTOCOL, status: int = 101, headers: dict[str, str] | None = None) -> tuple[WebSocket | None, str, dict[str, str]]:
    """Answers a handshake: the connection (`None` if refused), the request line and its fields."""
    sock.settimeout(5)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    first, fields, rest = read_head(sock)
    if status != 101:
        more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        sock.sendall(f"HTTP/1.1 {status} Refused\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        sock.close()
        return None, first, fields
    answer = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    answer.append(f"Sec-WebSocket-Accept: {accept_of(fields.get('sec-websocket-key', ''))}")
    if subprotocol is not None:
        answer.append(f"Sec-WebSocket-Protocol: {subprotocol}")
    sock.sendall(("\r\n".join(answer) + "\r\n\r\n").encode())
    return WebSocket(sock, masks=False, rest=rest, subprotocol=fields.get("sec-websocket-protocol")), first, fields


def accept_of(key: str) -> str:
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


def read_head(sock: socket.socket) -> tuple[str, dict[str, str], bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(4096)
        if not more or len(data) > HEAD_MAX_BYTES:
            raise Refused(0, f"no HTTP head came, but {data[:80]!r}")
        data += more
    head, rest = data.split(b"\r\n\r\n", 1)
    first, *lines = head.decode("latin-1").split("\r\n")
    fields = {}
    for line in lines:
        name, _, value = line.partition(":")
        fields[name.strip().lower()] = value.strip()
    return first, fields, rest
