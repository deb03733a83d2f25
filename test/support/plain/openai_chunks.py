"""Chunks as `/v1/chat/completions` of OpenAI streams them. The client sends the whole history; there is no id to keep.

With `stream: false` the answer is one JSON object. Any Bearer key passes, but there has to be one.
"""

import json
import time
from collections.abc import AsyncIterator
from typing import Annotated, Literal
from uuid import uuid4

from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.security import HTTPBearer
from pydantic import BaseModel

from recorder import Recorder
from script import ReplyFailed, check, is_tool, pieces, whole

api = FastAPI(title="OpenAI chunks")
bearer = HTTPBearer()


class Message(BaseModel):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict] | None = None

    def text(self) -> str:
        if isinstance(self.content, list):
            return "".join(part.get("text", "") for part in self.content)
        return self.content or ""


class CompletionRequest(BaseModel):
    model: str = "local"
    messages: list[Message]
    stream: bool = False


async def chunks(request: CompletionRequest, message: str, turn: int) -> AsyncIterator[str]:
    base = {"id": f"chatcmpl-{uuid4().hex}", "created": int(time.time()), "model": request.model}

    def chunk(delta: dict, finish_reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return f"data: {json.dumps({**base, 'object': 'chat.completion.chunk', 'choices': [choice]})}\n\n"

    yield chunk({"role": "assistant", "content": ""})
    if is_tool(message):
        function = {"name": "get_weather", "arguments": ""}
        yield chunk({"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": function}]})
        yield chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"city": "Bern"}'}}]})
    try:
        async for piece in pieces(message, turn):
            yield chunk({"content": piece})
    except ReplyFailed as error:
        yield f"data: {json.dumps({'error': {'message': str(error), 'type': 'server_error', 'code': None}})}\n\n"
        return
    yield chunk({}, "stop")
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    last = {**base, "object": "chat.completion.chunk", "choices": [], "usage": usage}
    yield f"data: {json.dumps(last)}\n\n"
    yield "data: [DONE]\n\n"


@api.post("/v1/chat/completions", dependencies=[Depends(bearer)])
async def completions(request: CompletionRequest):
    message = request.messages[-1].text() if request.messages else ""
    turn = sum(each.role == "user" for each in request.messages)
    check(message)
    if request.stream:
        return StreamingResponse(chunks(request, message, turn), media_type="text/event-stream")
    content = {"role": "assistant", "content": await whole(message, turn)}
    choice = {"index": 0, "message": content, "finish_reason": "stop"}
    return JSONResponse({"id": f"chatcmpl-{uuid4().hex}", "object": "chat.completion", "choices": [choice]})


app = Recorder(api)
