"""Something that was not done, as the server says it (docs/protocol.md, "Problems")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Problem(Exception):
    """`code` is for programs, `detail` for people, `retry` one of `now`, `after`, `never`."""

    def __init__(self, code: str, detail: str, retry: str = "never", retry_after_ms: int = 0, conversation: str | None = None):
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.retry = retry
        self.retry_after_ms = retry_after_ms
        #: Of `exists`: the conversation that is there already.
        self.conversation = conversation

    @property
    def may_retry(self) -> bool:
        """Whether trying again can help. What later versions call otherwise cannot be known to."""
        return self.retry in ("now", "after")

    @classmethod
    def of(cls, frame: Mapping[str, Any]) -> Problem:
        """From a `problem` frame."""
        return cls(
            str(frame.get("code", "unknown")),
            str(frame.get("detail", "")),
            str(frame.get("retry", "never")),
            int(frame.get("retry_after_ms") or 0),
            frame.get("conversation"),
        )
