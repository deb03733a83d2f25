"""SSE whose data is the text itself, with named events, through sse-starlette. The query string carries the id."""

from collections.abc import AsyncIterator

from fastapi import FastAPI
from pydantic import BaseModel
from sse_starlette import EventSourceResponse, ServerSentEvent

from recorder import Recorder
from script import ReplyFailed, Turns, check, pieces

api = FastAPI(title="Text over SSE")
turns = Turns()


class Input(BaseModel):
    input: str


async def events(text: str, turn: int) -> AsyncIterator[ServerSentEvent]:
    try:
        async for piece in pieces(text, turn):
            yield ServerSentEvent(piece, event="token")
    except ReplyFailed as error:
        yield ServerSentEvent(str(error), event="error")
        return
    yield ServerSentEvent("", event="end")


@api.post("/stream")
async def stream(body: Input, session: str = "default"):
    check(body.input)
    return EventSourceResponse(events(body.input, turns.next(session)), ping=1)


app = Recorder(api)
