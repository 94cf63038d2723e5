"""asyncio, aiohttp and uvloop: one session, connections as many as are needed."""
from contextlib import asynccontextmanager

import aiohttp

from worker import main

HEADERS = {"Content-Type": "application/json"}


@asynccontextmanager
async def asking(url):
    connector = aiohttp.TCPConnector(limit=4000, keepalive_timeout=60)
    timeout = aiohttp.ClientTimeout(total=None, sock_read=30)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, headers=HEADERS) as session:

        async def ask(body):
            async with session.post(url, data=body) as answer:
                answer.raise_for_status()
                return await answer.read()

        yield ask


main(asking)
