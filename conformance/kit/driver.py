"""The client library under test, behind a small program that speaks lines of JSON (README.md)."""

from __future__ import annotations

import json
import os
import queue
import shlex
import subprocess
import threading
from typing import Any

EVENTS_MAX = 10_000


class Driver:
    """A process; `kill` ends it as a crash would."""

    def __init__(self, command: str, time_scale: int, log: str):
        self.events: queue.Queue[dict[str, Any]] = queue.Queue(EVENTS_MAX)
        env = {**os.environ, "KIT_TIME_SCALE": str(time_scale)}
        with open(log, "ab") as errors:
            self.process = subprocess.Popen(shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=env)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def do(self, command: dict[str, Any]) -> bool:
        """`False`: the driver is gone."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write((json.dumps(command) + "\n").encode())
            self.process.stdin.flush()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.reader.join(2)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    pass

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            try:
                self.events.put_nowait(json.loads(line))
            except (ValueError, queue.Full):
                self.events.put({"event": "nonsense", "line": line.decode(errors="replace")[:200]})
