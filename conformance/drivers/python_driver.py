#!/usr/bin/env python3
"""The driver of the Python client (conformance/README.md, "A driver")."""

from __future__ import annotations

import asyncio
import json
import os
import selectors
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "clients" / "python"))

import hubbub  # noqa: E402

SCALE = float(os.environ.get("KIT_TIME_SCALE", "1"))


class FastSelector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Waits shorter, as the clock of its loop goes faster."""

    def select(self, timeout: float | None = None) -> Any:
        return super().select(timeout if timeout is None else timeout / SCALE)


class FastLoop(asyncio.SelectorEventLoop):
    """A second of its clock is a SCALE-th of a second."""

    def __init__(self) -> None:
        super().__init__(FastSelector())

    def time(self) -> float:
        return super().time() * SCALE


def tell(event: str, **what: Any) -> None:
    print(json.dumps({"event": event, **what}), flush=True)


class Driver:
    def __init__(self) -> None:
        self.client: hubbub.Client | None = None
        self.followed: dict[str, hubbub.Subscription] = {}
        self.waiting: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        while line := await lines.readline():
            command = json.loads(line)
            await self.do(command.pop("do"), command)

    async def do(self, what: str, given: dict[str, Any]) -> None:
        if what == "open":
            self.open(**given)
            return
        client = self.client
        assert client is not None, "open comes first"
        conversation, n = given.get("conversation", ""), given.pop("n", None)
        match what:
            case "connect":
                client.start()
            case "close":
                await client.close()
            case "subscribe":
                self.subscribe(client, conversation, given["from"])
            case "unsubscribe":
                self.followed.pop(conversation).close()
            case "send":
                self.said(n, client.send(conversation, given["body"], reply_to=given.get("reply_to")))
            case "edit":
                self.said(n, client.edit(conversation, given["target"], given["body"]))
            case "delete":
                self.said(n, client.delete(conversation, given["target"]))
            case "react":
                self.said(n, client.react(conversation, given["target"], given["reaction"], given.get("on", True)))
            case "create" if given["kind"] == "direct":
                self.said(n, client.create_direct(given["with"]))
            case "create":
                self.said(n, client.create(**given))
            case "member":
                self.said(n, client.set_role(conversation, given["user"], given["role"]))
            case "describe":
                self.said(n, client.describe(**given))
            case "read" | "list" | "members":
                self.later(self.ask(client, what, n, given))
            case "mark":
                client.mark(conversation, hubbub.Position(given["epoch"], given["seq"]))
            case "typing":
                client.typing(conversation)
            case "watch":
                client.watch(given["users"])

    def open(self, url: str, user: str, device: str, token: str | None = None, storage: str | None = None) -> None:
        kept = None if storage is None else hubbub.FileStorage(storage)
        client = self.client = hubbub.Client(url, user, device=device, token=token, storage=kept)
        client.on("state", lambda state: tell("state", **{"is": state.name, "wait_ms": state.again_in * 1000}))
        client.on("typing", lambda told: tell("typing", conversation=told[0], user=told[1]))
        client.on("presence", lambda told: tell("presence", users=[{"user": user, "online": online} for user, online in told.items()]))
        client.on("problem", lambda problem: tell("problem", code=problem.code))
        client.start()

    def subscribe(self, client: hubbub.Client, conversation: str, begin: hubbub.From) -> None:
        self.followed[conversation] = client.subscribe(
            conversation,
            begin,
            message=lambda message: tell("message", **message.frame),
            subscribed=lambda told: tell("subscribed", **vars(told)),
            ended=lambda why: tell("ended", conversation=conversation, code=why.code if why else None),
        )

    def said(self, n: int, sent: asyncio.Future[hubbub.Sent]) -> None:
        def told(done: asyncio.Future[hubbub.Sent]) -> None:
            problem = done.exception()
            if isinstance(problem, hubbub.Problem):
                tell("refused", n=n, code=problem.code, conversation=problem.conversation)
            else:
                tell("sent", n=n, **vars(done.result()))

        sent.add_done_callback(told)

    async def ask(self, client: hubbub.Client, what: str, n: int, given: dict[str, Any]) -> None:
        try:
            if what == "read":
                page = await client.read(given["conversation"], given["from"], given["limit"])
                tell("page", n=n, head=page.head, seqs=[message.seq for message in page.messages])
            elif what == "list":
                tell("conversations", n=n, conversations=await client.list(given.get("after"), given["limit"]))
            else:
                roles = await client.members(given["conversation"], given.get("after"), given["limit"])
                tell("members", n=n, members=[{"user": user, "role": role} for user, role in roles.items()])
        except hubbub.Problem as problem:
            tell("refused", n=n, code=problem.code)

    def later(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self.waiting.add(task)
        task.add_done_callback(self.waiting.discard)


with asyncio.Runner(loop_factory=FastLoop) as runner:
    runner.run(Driver().run())
