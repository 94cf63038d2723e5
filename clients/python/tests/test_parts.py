"""The parts that need no server."""

from __future__ import annotations

import random
import tempfile
import unittest
from pathlib import Path

from hubbub.backoff import Backoff, least_wait
from hubbub.client import socket_url
from hubbub.outbox import FileStorage, Memory, Outbox
from hubbub.problem import Problem


class Waits(unittest.TestCase):
    def test_the_waits_between_tries_are_those_of_the_protocol(self) -> None:
        bounds = [(1, 2), (2, 4), (4, 8), (8, 16), (60, 70), (60, 70)]
        for seed in range(200):
            backoff = Backoff(random.Random(seed))
            for low, high in bounds:
                self.assertTrue(low <= backoff.next(0) <= high, f"seed {seed}")

    def test_a_connection_that_stood_for_a_minute_starts_anew(self) -> None:
        backoff = Backoff()
        for _ in range(5):
            backoff.next(59.9)
        self.assertGreaterEqual(backoff.next(59.9), 60)
        self.assertLessEqual(backoff.next(60), 2)

    def test_what_the_server_asks_for_is_the_least(self) -> None:
        self.assertEqual(Backoff().next(0, 90), 90)

    def test_close_codes_say_whether_to_come_back_and_when(self) -> None:
        for code in (1001, 1013):
            self.assertEqual(least_wait(code, '{"retry_after_ms": 7000}'), 7.0)
        for reason in ("too busy", "{}", "[]", "7"):
            self.assertEqual(least_wait(1013, reason), 0)
        self.assertEqual([least_wait(code, "") for code in (1001, 1006, 3000, 3003, 3004, 3499)], [0] * 6)
        self.assertEqual([least_wait(code, "") for code in (3500, 3502, 3999)], [None, None, None])


class Keeping(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "outbox"

    def test_what_waits_survives_a_restart_exactly_as_it_was_stamped(self) -> None:
        storage = FileStorage(self.path)
        before = Outbox(storage, "ada", "laptop")
        before.observe(40)
        drafts = [before.stamp({"type": "send", "conversation": "lobby", "body": body}, 3) for body in ("one", "zwei 👋")]
        before.remove(drafts[0])
        storage.close()
        after = Outbox(FileStorage(self.path), "ada", "laptop")
        self.assertEqual(after.drafts, [drafts[1]])
        self.assertEqual((after.instance, after.counter, after.lamport), (before.instance, 2, 42))
        self.assertEqual(after.stamp({"type": "send"}, 0).id, f"{before.instance}-3")

    def test_a_stamp_received_and_not_answered_is_kept_when_it_is_closed(self) -> None:
        first = Outbox(FileStorage(self.path), "ada", "laptop")
        first.observe(99)
        first.close()
        self.assertEqual(Outbox(FileStorage(self.path), "ada", "laptop").lamport, 99)

    def test_one_file_is_one_clients(self) -> None:
        storage = FileStorage(self.path)
        Outbox(storage, "ada", "laptop")
        with self.assertRaisesRegex(RuntimeError, "another client"):
            Outbox(FileStorage(self.path), "ada", "laptop")
        storage.close()

    def test_the_outbox_of_another_user_is_refused_and_not_written_over(self) -> None:
        storage = Memory()
        Outbox(storage, "ada", "laptop").stamp({"type": "send", "body": "mine"}, 0)
        with self.assertRaisesRegex(RuntimeError, "ada"):
            Outbox(storage, "bob", "laptop")
        self.assertEqual(len(Outbox(storage, "ada", "laptop").drafts), 1)


class Names(unittest.TestCase):
    def test_an_address_of_the_server_is_enough(self) -> None:
        self.assertEqual(socket_url("http://127.0.0.1:8080"), "ws://127.0.0.1:8080/v1/ws")
        self.assertEqual(socket_url("https://chat.example/"), "wss://chat.example/v1/ws")
        self.assertEqual(socket_url("wss://chat.example/other"), "wss://chat.example/other")
        with self.assertRaises(ValueError):
            socket_url("chat.example:8080")

    def test_a_problem_says_whether_it_may_be_tried_again(self) -> None:
        self.assertTrue(Problem.of({"code": "busy", "detail": "x", "retry": "after"}).may_retry)
        self.assertFalse(Problem.of({"code": "eclipse", "detail": "x", "retry": "tomorrow"}).may_retry)


if __name__ == "__main__":
    unittest.main()
