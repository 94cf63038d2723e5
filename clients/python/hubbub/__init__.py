"""A client of hubbub for asyncio, without dependencies.

    async with hubbub.connect("http://127.0.0.1:8080", user="ada") as client:
        await client.send("lobby", "Hello!")
        async for said in client.follow("lobby"):
            print(said.sender, said.body)

It connects and connects again by itself. What is said is kept until the server has it for good, also
without a connection and, with a file, over a restart; it arrives once and in order. What is followed
arrives without gap or repeat.
"""

from .client import Client, connect
from .outbox import FileStorage, Memory, Storage
from .problem import Problem
from .subscriptions import Subscription
from .types import Draft, From, Message, Page, Position, Role, Sent, State, Subscribed

__all__ = [
    "Client",
    "Draft",
    "FileStorage",
    "From",
    "Memory",
    "Message",
    "Page",
    "Position",
    "Problem",
    "Role",
    "Sent",
    "State",
    "Storage",
    "Subscribed",
    "Subscription",
    "connect",
]
