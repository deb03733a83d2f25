"""The plain streaming endpoint: one JSON object per `data:` line, and `data: [DONE]` at the end."""

import json
import logging
import secrets
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from assistant import Assistant, AssistantError, Text
from auth import CurrentUser
from database import Database, now

router = APIRouter(tags=["chat"])
logger = logging.getLogger("uvicorn.error")
HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
EARLIER_MESSAGES = 50


class ChatRequest(BaseModel):
    message: str = Field(min_length=1, max_length=10_000)
    conversation_id: str | None = Field(default=None, max_length=100, description="Leave out to begin anew.")


@router.post("/chat")
async def chat(request: Request, user: CurrentUser, body: ChatRequest) -> StreamingResponse:
    """Streams the reply.

    The frames: `{"conversation_id"}` first; `{"content"}` for each piece of text; `{"tool_call": {tool, status,
    result}}` when a tool begins and ends; `{"error"}` when the reply fails; `[DONE]` last.
    """
    database: Database = request.app.state.database
    conversation_id, earlier = await run_in_threadpool(_begin, database, user.id, body)
    stream = _frames(database, request.app.state.assistant, user.id, conversation_id, body.message, earlier)
    return StreamingResponse(stream, media_type="text/event-stream", headers=HEADERS)


async def _frames(
    database: Database, assistant: Assistant, user_id: str, conversation_id: str, message: str, earlier: list[str]
) -> AsyncIterator[str]:
    said: list[str] = []
    try:
        yield _frame({"conversation_id": conversation_id})
        async for step in assistant.answer(user_id, message, earlier):
            if isinstance(step, Text):
                said.append(step.text)
                yield _frame({"content": step.text})
            else:
                call = {"tool": step.tool, "status": step.status}
                yield _frame({"tool_call": call if step.status == "pending" else {**call, "result": step.result}})
    except AssistantError as error:
        yield _frame({"error": str(error)})
    except Exception:
        logger.exception("The reply failed")
        yield _frame({"error": "Something went wrong. Please try again."})
    finally:
        # Also when the reader has left in the middle: what was said stays in the conversation.
        _save(database, conversation_id, "assistant", "".join(said))
    yield "data: [DONE]\n\n"


def _frame(value: dict[str, Any]) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"


def _begin(database: Database, user_id: str, body: ChatRequest) -> tuple[str, list[str]]:
    """The conversation, and what the user said in it before."""
    conversation_id = body.conversation_id or f"conv_{secrets.token_hex(16)}"
    with database.connect() as db:
        if body.conversation_id is None:
            db.execute("INSERT INTO conversations VALUES (?, ?, ?)", (conversation_id, user_id, now()))
        owner = db.execute("SELECT user_id FROM conversations WHERE id = ?", (conversation_id,)).fetchone()
        if owner is None or owner["user_id"] != user_id:
            raise HTTPException(404, "Conversation not found")
        rows = db.execute(
            "SELECT content FROM messages WHERE conversation_id = ? AND role = 'user' ORDER BY id DESC LIMIT ?",
            (conversation_id, EARLIER_MESSAGES),
        ).fetchall()
    _save(database, conversation_id, "user", body.message)
    return conversation_id, [row["content"] for row in reversed(rows)]


def _save(database: Database, conversation_id: str, role: str, content: str) -> None:
    if not content:
        return
    with database.connect() as db:
        db.execute(
            "INSERT INTO messages (conversation_id, role, content, created_at) VALUES (?, ?, ?, ?)",
            (conversation_id, role, content, now()),
        )
