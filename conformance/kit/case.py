"""Cases as they stand in the files, and what is told of each."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .pattern import Unknown

CASE_MAX_S = 10.0
STEP_MAX_S = 5.0
SLOW_CASE_MAX_S = 120.0


class Unmet(Exception):
    """A step went otherwise than the case says."""

    def __init__(self, why: str, expected: Any = None, got: Any = None):
        super().__init__(why)
        self.why, self.expected, self.got = why, expected, got


@dataclass
class Case:
    name: str
    file: str
    steps: list[list[Any]]
    names: list[str] = field(default_factory=list)
    slow: bool = False
    own_server: list[str] | None = None
    time_scale: int = 10
    fixtures: dict[str, list[list[Any]]] = field(default_factory=dict)

    @property
    def max_s(self) -> float:
        return SLOW_CASE_MAX_S if self.slow else CASE_MAX_S


@dataclass
class Result:
    case: Case
    seconds: float
    failure: str | None = None
    skipped: str | None = None


def load(folder: Path) -> list[Case]:
    """All cases of a folder, in the order of its files."""
    cases = []
    for path in sorted(folder.glob("*.json")):
        told = json.loads(path.read_text())
        fixtures = told.get("fixtures", {})
        for each in told["cases"]:
            known = {key: value for key, value in each.items() if key != "about"}
            cases.append(Case(file=path.stem, fixtures=fixtures, **known))
    twice = {case.name for case in cases if sum(other.name == case.name for other in cases) > 1}
    if twice:
        raise ValueError(f"several cases are called {sorted(twice)}")
    return cases


class Script:
    """Runs the steps of a case; who it plays with is told by what inherits from it."""

    def __init__(self, case: Case):
        self.case = case
        self.names: dict[str, Any] = {}
        self.deadline = time.monotonic() + case.max_s
        self.trace: list[str] = []
        self.place = ""

    def verb(self, actor: str, name: str) -> Callable[..., None]:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def run(self) -> str | None:
        """Why it failed, or `None`."""
        try:
            self.steps(self.case.steps)
            return None
        except Unmet as unmet:
            return self._told(unmet)
        except Unknown as unknown:
            return f"  step {self.place}\n  {unknown}"
        finally:
            self.close()

    def steps(self, steps: list[list[Any]], prefix: str = "") -> None:
        for number, step in enumerate(steps, start=1):
            self.place = f"{prefix}{number}: {json.dumps(step, ensure_ascii=False)[:400]}"
            if time.monotonic() > self.deadline:
                raise Unmet(f"the case takes longer than {self.case.max_s:.0f} s")
            actor, verb, *rest = step
            if verb == "repeats":
                self.repeat(rest[0], rest[1], f"{prefix}{number}.")
            elif verb == "includes":
                self.steps(self.case.fixtures[rest[0]], f"{prefix}{number}.")
            elif verb == "waits":
                time.sleep(rest[0] / 1000)
            else:
                self.verb(actor, verb)(*rest)

    def repeat(self, counter: dict[str, Any], steps: list[list[Any]], prefix: str) -> None:
        for number in range(counter.get("from", 1), counter["to"] + 1):
            self.names[counter["as"]] = number
            self.steps(steps, f"{prefix}{counter['as']}={number}.")

    def until(self, most_s: float = STEP_MAX_S) -> float:
        """When this step is too late."""
        return min(self.deadline, time.monotonic() + most_s)

    def note(self, line: str) -> None:
        self.trace.append(line if len(line) <= 300 else f"{line[:300]}…")
        del self.trace[:-12]

    def _told(self, unmet: Unmet) -> str:
        lines = [f"  step {self.place}", f"  {unmet.why}"]
        if unmet.expected is not None:
            lines.append(f"  expected {json.dumps(unmet.expected, ensure_ascii=False)[:1500]}")
        if unmet.got is not None:
            lines.append(f"  got      {json.dumps(unmet.got, ensure_ascii=False, default=repr)[:1500]}")
        return "\n".join([*lines, "  before it:", *(f"    {line}" for line in self.trace)])
