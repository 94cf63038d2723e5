"""The server under test: a process with a data directory of its own, or one that runs already."""

from __future__ import annotations

import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

START_MAX_S = 30.0
STOP_MAX_S = 5.0


class Server:
    """Started by `start`, gone after `remove`, whatever happens in between."""

    def __init__(self, command: str):
        self.command = command
        self.folder = Path(tempfile.mkdtemp(prefix="hubbub-kit-"))
        self.host, self.port = "127.0.0.1", 0
        self.process: subprocess.Popen[bytes] | None = None
        self.may_restart = True

    def start(self) -> None:
        self.port = self.port or free_port()
        told = {"{data}": str(self.folder / "data"), "{port}": str(self.port), "{folder}": str(self.folder)}
        command = self.command
        for name, value in told.items():
            command = command.replace(name, value)
        words = shlex.split(command)
        if "{port}" not in self.command:
            words += ["--data", told["{data}"], "--listen", f"{self.host}:{self.port}"]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + START_MAX_S
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not start: {command}\n{self.log()}")
            time.sleep(0.02)

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self.host}:{self.port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError as error:
            # A server that has no such page is as ready as it can say.
            return error.code == 404
        except OSError:
            return False

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> int:
        """Asks it to end; its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_MAX_S)
        finally:
            self.kill()

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-2000:]


class Running(Server):
    """A server that somebody else started: it cannot be killed here."""

    def __init__(self, url: str):
        super().__init__("")
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or 80
        self.may_restart = False

    def start(self) -> None:
        if not self.is_ready():
            raise RuntimeError(f"no server answers at {self.host}:{self.port}")


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
