"""The UI message stream of Vercel's AI SDK from version 5 on: SSE of typed parts, such as `text-delta`."""

import json
from collections.abc import AsyncIterator
from uuid import uuid4

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from recorder import Recorder
from script import ReplyFailed, check, is_tool, pieces

api = FastAPI(title="AI SDK UI message stream")


class Part(BaseModel):
    model_config = ConfigDict(extra="allow")
    type: str
    text: str = ""


class UIMessage(BaseModel):
    model_config = ConfigDict(extra="allow")
    role: str
    parts: list[Part]


class ChatRequest(BaseModel):
    model_config = ConfigDict(extra="allow")
    id: str
    messages: list[UIMessage]


def sse(value: dict) -> str:
    return f"data: {json.dumps(value)}\n\n"


async def events(message: str, turn: int) -> AsyncIterator[str]:
    text_id = f"text-{uuid4()}"
    yield sse({"type": "start", "messageId": f"msg-{uuid4()}"})
    yield sse({"type": "start-step"})
    if is_tool(message):
        call = {"toolCallId": "call_1", "toolName": "get_weather"}
        yield sse({"type": "tool-input-start", **call})
        yield sse({"type": "tool-input-available", **call, "input": {"city": "Bern"}})
        yield sse({"type": "tool-output-available", "toolCallId": "call_1", "output": {"celsius": 21}})
    yield sse({"type": "text-start", "id": text_id})
    try:
        async for piece in pieces(message, turn):
            yield sse({"type": "text-delta", "id": text_id, "delta": piece})
    except ReplyFailed as error:
        yield sse({"type": "error", "errorText": str(error)})
        yield "data: [DONE]\n\n"
        return
    yield sse({"type": "text-end", "id": text_id})
    yield sse({"type": "finish-step"})
    yield sse({"type": "finish"})
    yield "data: [DONE]\n\n"


@api.post("/api/chat")
async def chat(request: ChatRequest):
    last = request.messages[-1].parts if request.messages else []
    message = "".join(part.text for part in last if part.type == "text")
    check(message)
    turn = sum(each.role == "user" for each in request.messages)
    return StreamingResponse(
        events(message, turn),
        media_type="text/event-stream",
        headers={"x-vercel-ai-ui-message-stream": "v1", "Cache-Control": "no-cache"},
    )


app = Recorder(api)
