"""The table of roles (roles.json) as cases: one for each kind of conversation and command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .case import Case


def load_roles(path: Path) -> list[Case]:
    told = json.loads(path.read_text())
    cases = []
    for kind, rows in told["table"].items():
        for command, expected in rows.items():
            steps: list[list[Any]] = list(told["connect"])
            for role, code in expected.items():
                steps += told["setup"][kind]
                steps += told["become"][kind][role]
                steps += told["commands"][command]
                steps.append(["me", "hears", answer(told["answers"], code)])
            cases.append(Case(name=f"roles: {command} in {kind}: {', '.join(f'{role} {code}' for role, code in expected.items())}", file="roles", steps=steps))
    return cases


def answer(answers: dict[str, Any], code: str) -> dict[str, Any]:
    """A frame of this type, or a problem of this code."""
    return answers[code] if code in answers else {**answers["problem"], "code": code}
