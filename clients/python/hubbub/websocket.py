"""The client's side of RFC 6455, over asyncio streams.

Its own, and not a library's: the standard library has none, and the part that a client needs is this
page. It sends masked, unfragmented frames, and takes whatever a server may send.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import ssl as tls
import struct
from urllib.parse import urlsplit

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#: Above the largest frame of the protocol: a page of 200 edited bodies, every byte escaped.
MESSAGE_MAX_BYTES = 25 * 1024 * 1024
HEAD_MAX_BYTES = 64 * 1024
CLOSE_TIMEOUT_S = 2.0

_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0, 1, 2, 8, 9, 10


class Closed(Exception):
    """The connection is over; 1006 = without a close frame. A refused handshake may say when to try again."""

    def __init__(self, code: int, reason: str = "", retry_after_s: float = 0.0):
        super().__init__(f"{code} {reason}".strip())
        self.code = code
        self.reason = reason
        self.retry_after_s = retry_after_s


class _Broken(Exception):
    """The server broke RFC 6455; the close code says how."""

    def __init__(self, code: int, reason: str):
        super().__init__(reason)
        self.code = code


def _seconds(retry_after: str) -> float:
    """Of a `Retry-After`; one that is a date says nothing."""
    return float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0.0


class WebSocket:
    """A connection whose handshake is done. One task receives; sending never waits."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._reader = reader
        self._writer = writer
        self._closing = False

    @classmethod
    async def connect(cls, url: str, subprotocol: str, ssl: tls.SSLContext | None = None) -> WebSocket:
        """Connects and shakes hands; OSError or Closed say that it did not work."""
        parts = urlsplit(url)
        secure = parts.scheme in ("wss", "https")
        host, port = parts.hostname or "127.0.0.1", parts.port or (443 if secure else 80)
        context = (ssl or tls.create_default_context()) if secure else None
        reader, writer = await asyncio.open_connection(host, port, ssl=context, limit=HEAD_MAX_BYTES)
        try:
            await cls._shake(reader, writer, parts.netloc.rpartition("@")[2], f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", subprotocol)
        except BaseException:
            writer.transport.abort()
            raise
        return cls(reader, writer)

    @staticmethod
    async def _shake(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, path: str, subprotocol: str) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Protocol: {subprotocol}"]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("ascii"))
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise Closed(1006, "the handshake was not answered") from error
        first, *rest = head.split("\r\n")
        fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        if first.split(" ")[1:2] != ["101"]:
            raise Closed(1006, f"the handshake was refused: {first}", _seconds(fields.get("retry-after", "")))
        wanted = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        if fields.get("sec-websocket-accept") != wanted or fields.get("sec-websocket-protocol") != subprotocol:
            raise Closed(1006, "the handshake was answered wrongly")

    def send(self, text: str) -> None:
        """Hands a text to the operating system; what is lost on the way is sent again by others."""
        self._write(_TEXT, text.encode())

    async def receive(self) -> str | None:
        """The next text; `None` = a sign of life without one. Raises Closed at the end."""
        try:
            return await self._message()
        except (asyncio.IncompleteReadError, OSError) as error:
            raise Closed(1006) from error
        except UnicodeDecodeError as error:
            self._fail(1007)
            raise Closed(1006, "a text that is not UTF-8") from error
        except _Broken as broken:
            self._fail(broken.code)
            raise Closed(1006, str(broken)) from broken

    async def close(self, code: int = 1000) -> None:
        """Says goodbye, and waits a little for the answer."""
        if not self._closing:
            self._say_close(code)
            try:
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    while True:
                        await self.receive()
            except (Closed, TimeoutError):
                pass
        self.drop()

    def drop(self) -> None:
        """Ends it at once: a peer that is gone would never take what is still to be written."""
        self._closing = True
        self._writer.transport.abort()

    async def _message(self) -> str | None:
        parts: list[bytes] = []
        opcode, size = _CONTINUATION, 0
        while True:
            fin, kind, payload = await self._frame()
            if kind == _PING:
                self._write(_PONG, payload)
            if kind in (_PING, _PONG):
                if not parts:
                    return None
                continue
            if kind == _CLOSE:
                self._closed_by(payload)
            if (kind == _CONTINUATION) != bool(parts):
                raise _Broken(1002, "a fragment that does not belong here")
            opcode = kind or opcode
            parts.append(payload)
            size += len(payload)
            if size > MESSAGE_MAX_BYTES:
                raise _Broken(1009, "a message larger than the protocol has")
            if fin:
                whole = b"".join(parts)
                return whole.decode() if opcode == _TEXT else None

    async def _frame(self) -> tuple[bool, int, bytes]:
        first, second = await self._reader.readexactly(2)
        fin, opcode, length = bool(first & 0x80), first & 0x0F, second & 0x7F
        if first & 0x70 or second & 0x80 or opcode not in (_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG):
            raise _Broken(1002, "a frame that no server may send")
        if opcode >= _CLOSE and (not fin or length > 125):
            raise _Broken(1002, "a control frame that is cut or too long")
        if length >= 126:
            size = 2 if length == 126 else 8
            length = int.from_bytes(await self._reader.readexactly(size), "big")
        if length > MESSAGE_MAX_BYTES:
            raise _Broken(1009, "a frame larger than the protocol has")
        return fin, opcode, await self._reader.readexactly(length)

    def _closed_by(self, payload: bytes) -> None:
        code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1005
        if not self._closing:
            self._say_close(1000 if code == 1005 else code)
        raise Closed(code, payload[2:].decode(errors="replace"))

    def _fail(self, code: int) -> None:
        self._say_close(code)
        self._writer.close()

    def _say_close(self, code: int) -> None:
        self._write(_CLOSE, struct.pack("!H", code))
        self._closing = True

    def _write(self, opcode: int, payload: bytes) -> None:
        if self._closing or self._writer.is_closing():
            return
        length = len(payload)
        if length < 126:
            head = bytes([0x80 | opcode, 0x80 | length])
        elif length < 65536:
            head = bytes([0x80 | opcode, 0x80 | 126]) + struct.pack("!H", length)
        else:
            head = bytes([0x80 | opcode, 0x80 | 127]) + struct.pack("!Q", length)
        key = os.urandom(4)
        self._writer.write(head + key + _masked(payload, key))


def _masked(payload: bytes, key: bytes) -> bytes:
    # As one large number: bytes one by one would take a hundred times as long.
    repeated = (key * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(payload), "big")
