"""asyncio, httpx and uvloop. Its pool looks at all its connections for each request, and more so when requests wait
(encode/httpx#3215): so there are many small pools, and a request goes to one that has a free connection."""
import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import httpx

from worker import main

POOLS = 100
CONNECTIONS = 20
HEADERS = {"Content-Type": "application/json"}


@asynccontextmanager
async def asking(url):
    free = asyncio.LifoQueue()
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS, keepalive_expiry=60)
    async with AsyncExitStack() as stack:
        for _ in range(POOLS):
            # There is no TLS here, and loading its certificates takes a while for each.
            client = httpx.AsyncClient(limits=limits, timeout=30, headers=HEADERS, verify=False, trust_env=False)
            await stack.enter_async_context(client)
            for _ in range(CONNECTIONS):
                free.put_nowait(client)

        async def ask(body):
            client = await free.get()
            try:
                answer = await client.post(url, content=body)
            finally:
                free.put_nowait(client)
            answer.raise_for_status()
            return answer.content

        yield ask


main(asking)
