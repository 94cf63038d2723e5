"""What was said and is not acknowledged yet, and the instance it is said under.

An instance and its outbox belong together (docs/protocol.md), and both to one user on one device. With
a file, what was under way is sent again after a restart, under the same ids and stamps.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Protocol

from .types import Draft

#: Commands that wait for their acknowledgement.
DRAFTS_MAX = 256


class Storage(Protocol):
    """Where an outbox is kept; of one client alone."""

    def load(self) -> str | None: ...

    def save(self, text: str) -> None: ...

    def close(self) -> None: ...


class Memory:
    """It forgets when the process ends; a test hands it to the next client."""

    def __init__(self) -> None:
        self._text: str | None = None

    def load(self) -> str | None:
        return self._text

    def save(self, text: str) -> None:
        self._text = text

    def close(self) -> None:
        pass


class FileStorage:
    """A file that is replaced whole, and belongs to one process at a time."""

    def __init__(self, path: str | os.PathLike[str]):
        self.path = Path(path)
        self._lock: IO[bytes] | None = None

    def load(self) -> str | None:
        if self._lock is None:
            lock = open(self.path.with_name(self.path.name + ".lock"), "ab")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                lock.close()
                raise RuntimeError(f"{self.path}: another client uses this outbox: give each its own file") from error
            self._lock = lock
        try:
            return self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def save(self, text: str) -> None:
        made = self.path.with_name(self.path.name + ".new")
        with open(made, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(made, self.path)

    def close(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


class Outbox:
    """Stamps commands and keeps each until it is through."""

    def __init__(self, storage: Storage, user: str, device: str):
        self._storage = storage
        self._of = {"user": user, "device": device}
        self.instance = secrets.token_hex(8)
        self.counter = 0
        self.lamport = 0
        self.drafts: list[Draft] = []
        self._saved_lamport = 0
        text = storage.load()
        kept = json.loads(text) if text else {}
        if kept:
            if kept["of"] != self._of:
                raise RuntimeError(f"the outbox is that of {kept['of']}, not of {self._of}: give each its own")
            self.instance, self.counter, self.lamport = kept["instance"], kept["counter"], kept["lamport"]
            self.drafts = [Draft(command) for command in kept["drafts"]]
        self._save()

    @property
    def is_full(self) -> bool:
        return len(self.drafts) >= DRAFTS_MAX

    def stamp(self, command: Mapping[str, Any], seen_seq: int) -> Draft:
        """The command with its stamp; it is kept from now on."""
        self.counter += 1
        self.lamport += 1
        stamp = {"id": f"{self.instance}-{self.counter}", "lamport": self.lamport, "seen_seq": seen_seq, "sent_at": time.time_ns() // 1_000_000}
        draft = Draft({**command, **stamp})
        self.drafts.append(draft)
        self._save()
        return draft

    def find(self, id: str) -> Draft | None:
        return next((draft for draft in self.drafts if draft.id == id), None)

    def remove(self, draft: Draft) -> None:
        """It is through, or never will be."""
        self.drafts.remove(draft)
        self._save()

    def observe(self, lamport: int) -> None:
        """Counts on to a stamp that was received (Lamport 1978)."""
        self.lamport = max(self.lamport, lamport)

    def save_lamport(self) -> None:
        """Now and then: what is received alone writes nothing, for it may be much."""
        if self.lamport > self._saved_lamport:
            self._save()

    def close(self) -> None:
        self.save_lamport()
        self._storage.close()

    def _save(self) -> None:
        self._saved_lamport = self.lamport
        drafts = [draft.command for draft in self.drafts]
        kept = {"of": self._of, "instance": self.instance, "counter": self.counter, "lamport": self.lamport, "drafts": drafts}
        self._storage.save(json.dumps(kept, ensure_ascii=False))
