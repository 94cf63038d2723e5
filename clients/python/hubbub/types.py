"""The shapes of docs/protocol.md that the client hands out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

#: Where a subscription begins: `{"last": n}`, `{"after": {"epoch": e, "seq": s}}`, or a word.
From = Literal["start", "cursor"] | Mapping[str, Any]
Role = Literal["owner", "admin", "member", "reader", "none"]
Frame = dict[str, Any]


@dataclass(frozen=True)
class Position:
    """The last sequence number one has, and of which version of history."""

    epoch: int
    seq: int

    def frame(self) -> Frame:
        return {"epoch": self.epoch, "seq": self.seq}


@dataclass(frozen=True)
class Message:
    """Whatever took a sequence number. `kind` says what it is; `text` stands for none."""

    conversation: str
    epoch: int
    seq: int
    ordinal: int
    id: str
    sender: str
    lamport: tuple[int, str]
    seen_seq: int
    sent_at: int
    received_at: int
    kind: str
    #: Of a text and an `edit`.
    body: str
    reply_to: int | None
    #: Of an `edit`, a `delete`, a `react`: the text it is about.
    target: int | None
    #: All of it, as it came: what other kinds have, and what later versions say.
    frame: Mapping[str, Any] = field(repr=False)

    @property
    def is_text(self) -> bool:
        return self.kind == "text"

    @classmethod
    def of(cls, frame: Mapping[str, Any], conversation: str | None = None, epoch: int | None = None) -> Message:
        """From a `message` frame, or from one of a page, which has no conversation and no epoch."""
        counter, instance = frame["lamport"]
        return cls(
            conversation=frame["conversation"] if conversation is None else conversation,
            epoch=frame["epoch"] if epoch is None else epoch,
            seq=frame["seq"],
            ordinal=frame.get("ordinal", 0),
            id=frame["id"],
            sender=frame["sender"],
            lamport=(counter, instance),
            seen_seq=frame.get("seen_seq", 0),
            sent_at=frame.get("sent_at", 0),
            received_at=frame.get("received_at", 0),
            kind=frame.get("kind") or "text",
            body=frame.get("body") or "",
            reply_to=frame.get("reply_to"),
            target=frame.get("target"),
            frame=frame,
        )


@dataclass(frozen=True)
class Page:
    """A part of a conversation; of its texts `frame` also has `edited` and `reactions`."""

    conversation: str
    epoch: int
    first: int
    head: int
    as_of: int
    messages: list[Message]

    @classmethod
    def of(cls, frame: Mapping[str, Any]) -> Page:
        conversation, epoch = frame["conversation"], frame["epoch"]
        messages = [Message.of(each, conversation, epoch) for each in frame["messages"]]
        return cls(conversation, epoch, frame["first"], frame["head"], frame["as_of"], messages)


@dataclass(frozen=True)
class Sent:
    """It is durable."""

    id: str
    conversation: str
    epoch: int
    seq: int
    received_at: int
    duplicate: bool

    @classmethod
    def of(cls, frame: Mapping[str, Any]) -> Sent:
        return cls(frame["id"], frame["conversation"], frame["epoch"], frame["seq"], frame.get("received_at", 0), bool(frame.get("duplicate")))


@dataclass(frozen=True)
class Subscribed:
    """A subscription begins or goes on. `recovered` is false: forget what you had."""

    conversation: str
    epoch: int
    recovered: bool
    next: int
    head: int

    @classmethod
    def of(cls, frame: Mapping[str, Any]) -> Subscribed:
        return cls(frame["conversation"], frame["epoch"], bool(frame["recovered"]), frame["next"], frame["head"])


@dataclass(frozen=True)
class State:
    """How the connection stands: `connecting`, `open`, `waiting` (`again_in` seconds), `stopped` or `closed`."""

    name: Literal["connecting", "open", "waiting", "stopped", "closed"]
    again_in: float = 0.0
    why: str = ""


@dataclass(frozen=True)
class Draft:
    """A command as it was first stamped; it never changes."""

    command: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.command["id"])

    @property
    def counter(self) -> int:
        return int(self.id.rpartition("-")[2])

    @property
    def conversation(self) -> str:
        """None of a `create`: its `sent` names it."""
        return str(self.command.get("conversation", ""))
