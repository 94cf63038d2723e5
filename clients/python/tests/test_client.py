"""The client against a server of the test's own: what the conformance kit does not ask."""

from __future__ import annotations

import asyncio
import sys
import time
import unittest
from pathlib import Path
from unittest import mock

import hubbub
from hubbub.outbox import DRAFTS_MAX
from hubbub.subscriptions import FOLLOWED_MAX

from .stub import Peer, Stub


class Clients(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.stub = await self.enterAsyncContext(Stub())
        # Most of these tests do not hear the goodbye.
        self.enterContext(mock.patch("hubbub.websocket.CLOSE_TIMEOUT_S", 0.05))

    async def client(self, **options: object) -> tuple[hubbub.Client, Peer]:
        client = await self.enterAsyncContext(hubbub.connect(self.stub.url, "ada", **options))  # type: ignore[arg-type]
        peer = await self.stub.accept()
        await peer.greet()
        return client, peer

    async def test_what_is_followed_is_iterated_over_and_acknowledged_when_done(self) -> None:
        client, peer = await self.client()
        followed = client.follow("lobby", "start")
        first = asyncio.ensure_future(anext(followed))
        await peer.begin(head=2)
        peer.deliver(1, "one")
        peer.deliver(2, "two")
        self.assertEqual((await first).body, "one")
        self.assertEqual((await anext(followed)).body, "two")
        ack = await peer.hear("ack")
        self.assertEqual(ack["seq"], 1, "the second is still being worked on")

    async def test_typing_is_said_once_in_three_seconds_and_anew_after_a_message(self) -> None:
        client, peer = await self.client()
        subscribed = asyncio.get_running_loop().create_future()
        client.subscribe("lobby", "start", message=lambda _: None, subscribed=subscribed.set_result)
        await peer.begin()
        await subscribed
        for _key in range(10):
            client.typing("lobby")
        client.send("lobby", "hello")
        for _key in range(10):
            client.typing("lobby")
        client.watch(["zoe"])
        kinds = [(await peer.hear())["type"] for _frame in range(4)]
        self.assertEqual(kinds, ["typing", "send", "typing", "watch"])

    async def test_who_reads_slowly_lets_the_rest_wait_at_the_server(self) -> None:
        client, peer = await self.client()
        got: list[int] = []
        may_read = asyncio.Event()

        async def read() -> None:
            async for message in client.follow("lobby", "start"):
                got.append(message.seq)
                await may_read.wait()

        reading = asyncio.create_task(read())
        await peer.begin(head=FOLLOWED_MAX + 50)
        for seq in range(1, FOLLOWED_MAX + 51):
            peer.deliver(seq)
        await peer.hear("unsubscribe")
        may_read.set()
        asked = await peer.begin(next=1, head=FOLLOWED_MAX + 50)
        last = asked["from"]["after"]["seq"]
        self.assertEqual(got, list(range(1, last + 1)))
        self.assertLessEqual(last, FOLLOWED_MAX + 1)
        peer.deliver(last + 1)
        await self.until(lambda: got[-1] == last + 1)
        reading.cancel()

    async def test_following_ends_when_one_is_removed_and_fails_when_one_never_was_there(self) -> None:
        client, peer = await self.client()
        followed = client.follow("g:x-1")
        ending = asyncio.ensure_future(anext(followed, None))
        await peer.begin()
        peer.say(type="unsubscribed", conversation="g:x-1")
        self.assertIsNone(await ending)
        refused = asyncio.ensure_future(anext(client.follow("g:y-1")))
        asked = await peer.hear("subscribe")
        peer.say(type="problem", ref=asked["ref"], conversation="g:y-1", code="not_found", detail="none", retry="never")
        with self.assertRaises(hubbub.Problem) as raised:
            await refused
        self.assertEqual(raised.exception.code, "not_found")

    async def test_what_cannot_be_sent_is_refused_here_and_does_not_stay(self) -> None:
        client, _ = await self.client()
        with self.assertRaises(hubbub.Problem) as raised:
            await client.send("lobby", "x" * 70_000)
        self.assertEqual(raised.exception.code, "bad_frame")
        for number in range(DRAFTS_MAX):
            client.send("lobby", f"{number}")
        with self.assertRaises(hubbub.Problem) as raised:
            await client.send("lobby", "one too many")
        self.assertEqual(raised.exception.code, "outbox_full")
        self.assertEqual(len(client.drafts), DRAFTS_MAX)

    async def test_what_waits_when_it_is_closed_is_told_so_and_kept(self) -> None:
        storage = hubbub.Memory()
        client, peer = await self.client(storage=storage)
        waiting = client.send("lobby", "kept")
        said = await peer.hear("send")
        await asyncio.gather(client.close(), self.answer_close(peer))
        with self.assertRaises(hubbub.Problem) as raised:
            await waiting
        self.assertEqual(raised.exception.code, "closed")
        again, peer = await self.client(storage=storage)
        self.assertEqual(await peer.take(1), said)
        self.assertEqual(again.drafts[0].id if again.drafts else said["id"], said["id"])

    async def test_a_handler_that_fails_does_not_stop_the_client(self) -> None:
        client, peer = await self.client()
        got: list[str] = []

        def heard(message: hubbub.Message) -> None:
            got.append(message.body)
            if message.body == "bad":
                raise ValueError("my own")

        with self.assertLogs("hubbub", "ERROR"):
            client.subscribe("lobby", message=heard)
            await peer.begin(head=2)
            peer.deliver(1, "bad")
            peer.deliver(2, "good")
            await self.until(lambda: len(got) == 2)

    async def test_a_token_is_asked_for_before_each_connection(self) -> None:
        asked = 0

        async def token() -> str:
            nonlocal asked
            asked += 1
            return f"token-{asked}"

        await self.enterAsyncContext(hubbub.connect(self.stub.url, "ada", token=token))
        peer = await self.stub.accept()
        self.assertEqual((await peer.greet())["token"], "token-1")
        peer.writer.transport.abort()
        self.assertEqual((await (await self.stub.accept()).greet())["token"], "token-2")

    async def test_a_token_is_renewed_before_it_expires(self) -> None:
        async def token() -> str:
            return "fresh"

        await self.enterAsyncContext(hubbub.connect(self.stub.url, "ada", token=token))
        peer = await self.stub.accept()
        await peer.hear("hello")
        peer.say(type="welcome", heartbeat_ms=60_000, expires_at=int(time.time() * 1000) + 30_500)
        asked = await peer.hear("refresh")
        self.assertEqual(asked["token"], "fresh")
        peer.say(type="refreshed", ref=asked["ref"], expires_at=int(time.time() * 1000) + 3_600_000)

    async def test_a_ticket_is_said_instead_of_a_token(self) -> None:
        async def ticket() -> str:
            return "admit-one"

        await self.enterAsyncContext(hubbub.connect(self.stub.url, "ada", ticket=ticket))
        hello = await (await self.stub.accept()).greet()
        self.assertEqual((hello["ticket"], hello.get("token")), ("admit-one", None))

    async def test_the_example_answers(self) -> None:
        example = Path(__file__).resolve().parents[1] / "example_bot.py"
        bot = await asyncio.create_subprocess_exec(sys.executable, str(example), self.stub.url, "lobby")
        try:
            peer = await self.stub.accept()
            await peer.greet()
            await peer.begin()
            peer.deliver(1, "anyone here?")
            async with asyncio.timeout(5):
                said = await peer.take(2)
            self.assertEqual((said["body"], said["reply_to"]), ("bob said: anyone here?", 1))
        finally:
            bot.kill()
            await bot.wait()

    async def answer_close(self, peer: Peer) -> None:
        try:
            await peer.hear("nothing")
        except ConnectionError:
            peer.write(0x88, b"\x03\xe8")

    async def until(self, holds: object) -> None:
        async with asyncio.timeout(5):
            while not holds():  # type: ignore[operator]
                await asyncio.sleep(0.01)


if __name__ == "__main__":
    unittest.main()
