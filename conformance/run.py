#!/usr/bin/env python3
"""Runs the conformance kit against a server or a client library; see README.md beside it."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kit.case import Case, Result, load
from kit.roles import load_roles
from kit.server import Running, Server
from kit.server_script import ServerScript

HERE = Path(__file__).resolve().parent


def main() -> int:
    arguments = parse()
    # Asked to end, it still kills what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    chosen = [case for case in cases(arguments) if wanted(case, arguments)]
    if arguments.list:
        for case in chosen:
            print(f"{case.file}: {case.name}")
        return 0
    if not chosen:
        print("no case has such a name: see --list", file=sys.stderr)
        return 64
    began = time.monotonic()
    results = []
    for result in run(chosen, arguments):
        results.append(result)
        tell(result, arguments.verbose)
    failed = sum(result.failure is not None for result in results)
    skipped = sum(result.skipped is not None for result in results)
    print(f"# {skipped} skipped, {time.monotonic() - began:.1f} s")
    # The words that .ci/run adds up.
    print(f"# pass {len(results) - failed - skipped}\n# fail {failed}")
    return 1 if failed else 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Runs the conformance kit: server cases against a server, or client cases against a client library.")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--server", metavar="CMD", help="starts a server; {port}, {data} and {folder} are replaced, else --data and --listen are appended")
    which.add_argument("--url", metavar="URL", help="a server that runs already; cases that restart it are skipped")
    which.add_argument("--client", metavar="CMD", help="starts a driver of a client library")
    parser.add_argument("--filter", metavar="TEXT", action="append", default=[], help="only cases whose file or name contains it; may be said several times")
    parser.add_argument("--slow", action="store_true", help="also those that wait for a minute")
    parser.add_argument("--jobs", type=int, default=4, help="cases at the same time (4)")
    parser.add_argument("--list", action="store_true", help="only name the cases")
    parser.add_argument("--verbose", action="store_true", help="name those that pass, too")
    return parser.parse_args()


def cases(arguments: argparse.Namespace) -> list[Case]:
    if arguments.client is not None:
        return load(HERE / "client")
    return load(HERE / "server") + load_roles(HERE / "roles.json")


def wanted(case: Case, arguments: argparse.Namespace) -> bool:
    named = f"{case.file}: {case.name}"
    return (arguments.slow or not case.slow) and all(text in named for text in arguments.filter)


def run(chosen: list[Case], arguments: argparse.Namespace) -> Iterator[Result]:
    if arguments.client is not None:
        from kit.client_script import ClientScript

        yield from side_by_side(chosen, arguments.jobs, lambda case: timed(case, ClientScript(case, arguments.client).run))
        return
    shared = Running(arguments.url) if arguments.url else Server(arguments.server)
    try:
        shared.start()
        yield from side_by_side(chosen, arguments.jobs, lambda case: run_server_case(case, shared))
    finally:
        shared.remove()


def side_by_side(chosen: list[Case], jobs: int, one: Callable[[Case], Result]) -> Iterator[Result]:
    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        yield from pool.map(one, chosen)


def run_server_case(case: Case, shared: Server) -> Result:
    if case.own_server is None:
        return timed(case, ServerScript(case, shared).run)
    if not shared.may_restart:
        return Result(case, 0, skipped="it needs a server of its own")
    own = Server(" ".join([shared.command, *case.own_server]))
    try:
        own.start()
        return timed(case, ServerScript(case, own).run)
    finally:
        own.remove()


def timed(case: Case, one: Callable[[], str | None]) -> Result:
    began = time.monotonic()
    failure = one()
    return Result(case, time.monotonic() - began, failure)


def tell(result: Result, verbose: bool) -> None:
    name = f"{result.case.file}: {result.case.name}"
    if result.failure is not None:
        print(f"FAIL {name} ({result.seconds:.1f} s)\n{result.failure}")
    elif result.skipped is not None:
        print(f"skip {name}: {result.skipped}")
    elif verbose:
        print(f"ok   {name} ({result.seconds:.1f} s)")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
