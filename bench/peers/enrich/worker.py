"""A worker: reads lines, asks about each, writes the answers. How it asks is its own."""
import asyncio
import json
import sys
import traceback

import uvloop

from results import Results


async def work(asking):
    feed, outside, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    results = Results(path)
    writer = asyncio.create_task(results.run())
    tasks = set()
    async with asking(f"http://127.0.0.1:{outside}/v1/analyze") as ask:

        async def one(index, due, text):
            try:
                results.add(index, due, await ask(json.dumps({"text": text.decode()}).encode()))
            except Exception:
                traceback.print_exc(limit=1)

        reader, _ = await asyncio.open_connection("127.0.0.1", feed, limit=1 << 20)
        while line := await reader.readline():
            task = asyncio.create_task(one(*line.rstrip(b"\n").split(b"\t")))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        while tasks:
            await asyncio.wait(tasks)
    results.is_over = True
    await writer


def main(asking):
    uvloop.run(work(asking))
