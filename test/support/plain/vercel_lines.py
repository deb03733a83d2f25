"""The data stream of Vercel's AI SDK up to version 4: lines of a type, a colon and JSON, such as `0:"text"`."""

import json
from collections.abc import AsyncIterator
from uuid import uuid4

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from recorder import Recorder
from script import ReplyFailed, check, is_tool, pieces

api = FastAPI(title="AI SDK data stream, lines")


class Message(BaseModel):
    model_config = ConfigDict(extra="allow")
    role: str
    content: str


class ChatRequest(BaseModel):
    model_config = ConfigDict(extra="allow")
    id: str | None = None
    messages: list[Message]


def part(kind: str, value: object) -> str:
    return f"{kind}:{json.dumps(value, separators=(',', ':'))}\n"


async def parts(message: str, turn: int) -> AsyncIterator[str]:
    usage = {"promptTokens": 1, "completionTokens": 2}
    yield part("f", {"messageId": f"msg-{uuid4()}"})
    if is_tool(message):
        yield part("9", {"toolCallId": "call_1", "toolName": "get_weather", "args": {"city": "Bern"}})
        yield part("a", {"toolCallId": "call_1", "result": {"celsius": 21}})
    try:
        async for piece in pieces(message, turn):
            yield part("0", piece)
    except ReplyFailed as error:
        yield part("3", str(error))
        return
    yield part("e", {"finishReason": "stop", "usage": usage, "isContinued": False})
    yield part("d", {"finishReason": "stop", "usage": usage})


@api.post("/api/chat")
async def chat(request: ChatRequest):
    message = request.messages[-1].content if request.messages else ""
    check(message)
    turn = sum(each.role == "user" for each in request.messages)
    return StreamingResponse(
        parts(message, turn),
        media_type="text/plain; charset=utf-8",
        headers={"x-vercel-ai-data-stream": "v1"},
    )


app = Recorder(api)
