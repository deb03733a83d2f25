"""What the services say, and how fast. It is chosen by the words of the message, so that a test can ask for it:

    slow 20 50       twenty pieces, one every 50 ms
    unicode          text whose characters take one to four bytes, with line ends and `data:` inside
    tool             a tool call, where the form of the service has one
    fail             an error in the service's own form after two pieces, where it has one; else the connection breaks
    die              the connection breaks after two pieces
    status 429       that status with FastAPI's `{"detail"}`, and `Retry-After: 7`
    anything else    a short reply that repeats the message and counts the turns of the conversation
"""

import asyncio
from collections.abc import AsyncIterator

from fastapi import HTTPException

UNICODE = ["é", "ß漢", "🙂🙃", "\u2028", "e\u0301", " line one\nline two", "\r\n", "data: x\n\n", "[DONE]", '"\\']


class ReplyFailed(Exception):
    """The model behind the service failed. A service that has a form for errors sends it."""


def check(message: str) -> None:
    """Raises the status that the message asks for, before anything is sent."""
    words = message.split()
    if len(words) == 2 and words[0] == "status":
        raise HTTPException(int(words[1]), "Not today", headers={"Retry-After": "7"})


def is_tool(message: str) -> bool:
    return message.split()[:1] == ["tool"]


async def pieces(message: str, turn: int) -> AsyncIterator[str]:
    words = message.split() or [""]
    if words[0] == "slow":
        for number in range(int(words[1])):
            await asyncio.sleep(int(words[2]) / 1000)
            yield f"word-{number} "
    elif words[0] == "unicode":
        for piece in UNICODE:
            yield piece
    else:
        for piece in ("Turn", f" {turn}:", f" you said {message}"):
            yield piece
            if piece != "Turn" and words[0] == "fail":
                raise ReplyFailed("The model is out of order")
            if piece != "Turn" and words[0] == "die":
                raise RuntimeError("the connection breaks here")


async def whole(message: str, turn: int) -> str:
    return "".join([piece async for piece in pieces(message, turn)])


class Turns:
    """How many messages each conversation has had: proof that its id came back."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def next(self, conversation_id: str) -> int:
        self.counts[conversation_id] = self.counts.get(conversation_id, 0) + 1
        return self.counts[conversation_id]
