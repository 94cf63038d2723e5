"""Answers whoever speaks: `python example_bot.py http://127.0.0.1:8080 lobby`."""

import asyncio
import sys

import hubbub


async def main(url: str, conversation: str) -> None:
    async with hubbub.connect(url, user="echo") as bot:
        async for said in bot.follow(conversation):
            if said.is_text and said.sender != bot.user:
                await bot.send(conversation, f"{said.sender} said: {said.body}", reply_to=said.seq)


asyncio.run(main(*sys.argv[1:]))
