"""As most tutorials have it: `data: {"content": …}`, and `data: [DONE]` at the end.

The conversation id is the service's own, in the first frame. No sign-in. Tool calls and errors have their frames.
"""

import json
from collections.abc import AsyncIterator
from uuid import uuid4

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from recorder import Recorder
from script import ReplyFailed, Turns, check, is_tool, pieces

api = FastAPI(title="Content over SSE")
turns = Turns()


class ChatRequest(BaseModel):
    message: str
    conversation_id: str | None = None


def sse(value: dict) -> str:
    return f"data: {json.dumps(value)}\n\n"


async def generate(message: str, conversation_id: str, turn: int) -> AsyncIterator[str]:
    yield sse({"conversation_id": conversation_id})
    if is_tool(message):
        yield sse({"tool_call": {"tool": "get_weather", "status": "pending"}})
        yield sse({"tool_call": {"tool": "get_weather", "status": "success", "result": {"celsius": 21}}})
    try:
        async for piece in pieces(message, turn):
            yield sse({"content": piece})
    except ReplyFailed as error:
        yield sse({"error": str(error)})
    yield "data: [DONE]\n\n"


@api.post("/chat")
async def chat(request: ChatRequest):
    check(request.message)
    conversation_id = request.conversation_id or str(uuid4())
    stream = generate(request.message, conversation_id, turns.next(conversation_id))
    return StreamingResponse(stream, media_type="text/event-stream")


app = Recorder(api)
