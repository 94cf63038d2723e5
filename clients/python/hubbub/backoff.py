"""How long to wait between tries to connect (docs/protocol.md, "Reconnecting").

Clients that lost the same server must not come back together.
"""

from __future__ import annotations

import json
import random

STEPS_S = (1.0, 2.0, 4.0, 8.0)
CEILING_S = 60.0
CEILING_SPREAD_S = 10.0
#: A connection that stood for so long starts anew.
ANEW_AFTER_S = 60.0


class Backoff:
    """The waits of one client."""

    def __init__(self, dice: random.Random | None = None):
        self._dice = dice or random.Random()
        self._failed = 0

    def next(self, stood_s: float, at_least_s: float = 0.0) -> float:
        """The wait before the next try, after a connection that stood for `stood_s` (0 = it never did)."""
        if stood_s >= ANEW_AFTER_S:
            self._failed = 0
        base, spread = (STEPS_S[self._failed],) * 2 if self._failed < len(STEPS_S) else (CEILING_S, CEILING_SPREAD_S)
        self._failed += 1
        return max(base + self._dice.uniform(0, spread), at_least_s)


def least_wait(code: int, reason: str) -> float | None:
    """What a close code means: `None` = do not connect again; otherwise the least wait, seconds."""
    if 3500 <= code <= 3999:
        return None
    if code not in (1001, 1013):
        return 0.0
    try:
        return float(json.loads(reason)["retry_after_ms"]) / 1000
    except (ValueError, TypeError, KeyError):
        return 0.0
