"""Results are appended to a file and synced together, at most every ten milliseconds; then it is written down when."""
import asyncio
import os
import time

# Seconds between two syncs, at least.
TOGETHER = 0.01


def now_us():
    return time.time_ns() // 1000


class Results:
    def __init__(self, path):
        self.results = open(path, "wb", buffering=0)
        self.times = open(path + ".times", "w")
        self.waiting = []
        self.is_over = False

    def add(self, index, due, answer):
        self.waiting.append((index, due, answer))

    def write(self, lines):
        self.results.write(b"".join(b"%s\t%s\n" % (index, answer) for index, _, answer in lines))
        os.fdatasync(self.results.fileno())

    async def run(self):
        loop = asyncio.get_running_loop()
        while not (self.is_over and not self.waiting):
            await asyncio.sleep(TOGETHER)
            lines, self.waiting = self.waiting, []
            if lines:
                await loop.run_in_executor(None, self.write, lines)
                written = now_us()
                self.times.writelines(f"{i.decode()}\t{due.decode()}\t{written}\n" for i, due, _ in lines)
        self.times.close()
