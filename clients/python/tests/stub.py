"""A server of one connection at a time, as small as the tests need."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import struct
from typing import Any

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Peer:
    """One connection of a client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.reader = reader
        self.writer = writer

    def say(self, **frame: Any) -> None:
        self.write(0x81, json.dumps(frame).encode())

    def write(self, first: int, payload: bytes) -> None:
        length = len(payload)
        size = bytes([length]) if length < 126 else b"\x7e" + struct.pack("!H", length) if length < 65536 else b"\x7f" + struct.pack("!Q", length)
        self.writer.write(bytes([first]) + size + payload)

    async def hear(self, kind: str | None = None) -> dict[str, Any]:
        """The next frame of this type."""
        while True:
            first, second = await self.reader.readexactly(2)
            length = second & 0x7F
            if length >= 126:
                length = int.from_bytes(await self.reader.readexactly(2 if length == 126 else 8), "big")
            key = await self.reader.readexactly(4)
            payload = bytes(byte ^ key[at % 4] for at, byte in enumerate(await self.reader.readexactly(length)))
            if first & 0x0F == 8:
                raise ConnectionResetError("the client closed")
            frame: dict[str, Any] = json.loads(payload)
            if kind is None or frame["type"] == kind:
                return frame

    async def greet(self) -> dict[str, Any]:
        hello = await self.hear("hello")
        self.say(type="welcome", heartbeat_ms=60_000)
        return hello

    async def begin(self, next: int = 1, head: int = 0) -> dict[str, Any]:
        asked = await self.hear("subscribe")
        self.say(type="subscribed", ref=asked["ref"], conversation=asked["conversation"], epoch=1, recovered=True, next=next, head=head)
        return asked

    def deliver(self, seq: int, body: str = "hello", conversation: str = "lobby") -> None:
        self.say(
            type="message", conversation=conversation, epoch=1, seq=seq, ordinal=seq, id=f"00000000000000bb-{seq}", sender="bob",
            lamport=[seq, "00000000000000bb"], seen_seq=0, sent_at=1, received_at=2, body=body,
        )  # fmt: skip

    async def take(self, seq: int) -> dict[str, Any]:
        said = await self.hear("send")
        self.say(type="sent", ref=said["ref"], id=said["id"], conversation=said["conversation"], epoch=1, seq=seq, received_at=1, duplicate=False)
        return said


class Stub:
    """`async with Stub() as stub`, then `await stub.accept()` for each connection."""

    async def __aenter__(self) -> Stub:
        self.peers: asyncio.Queue[Peer] = asyncio.Queue()
        self.all: list[Peer] = []
        self.server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()
        for peer in self.all:
            peer.writer.transport.abort()

    async def accept(self) -> Peer:
        async with asyncio.timeout(5):
            return await self.peers.get()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        key = next(line.partition(":")[2].strip() for line in head.split("\r\n") if line.lower().startswith("sec-websocket-key"))
        accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {accept}"]
        writer.write(("\r\n".join([*lines, "Sec-WebSocket-Protocol: hubbub.v1.json"]) + "\r\n\r\n").encode())
        peer = Peer(reader, writer)
        self.all.append(peer)
        self.peers.put_nowait(peer)
