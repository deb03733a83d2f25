"""A chatkit-python server whose replies are programs that come with the request.

    X-Program   what the responder, the action or the feedback does: a JSON list of steps, see ../programs.ts
    X-User      whose store this is
    X-Store     `immediate` for a store that never gives up control; by default each of its methods really waits

POST /signal/{name} lets a program go on that waits; GET /running tells how many streams are open. A stream that the
server breaks off ends with a comment that names the exception, which the server itself would only log.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, TypeAdapter, ValidationError
from store import MemoryStore

from chatkit.actions import Action
from chatkit.errors import CustomStreamError, ErrorCode, StreamError
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.types import (
    FeedbackKind,
    SyncCustomActionResponse,
    ThreadItem,
    ThreadMetadata,
    ThreadStatus,
    ThreadStreamEvent,
    UserMessageItem,
    WidgetItem,
)

Step = dict[str, Any]
EVENT = TypeAdapter[ThreadStreamEvent](ThreadStreamEvent)
ITEM = TypeAdapter[ThreadItem](ThreadItem)
STATUS = TypeAdapter[ThreadStatus](ThreadStatus)


@dataclass
class Context:
    program: list[Step]
    locale: str


@dataclass
class Ended(Exception):
    """A program has said what it returns."""

    item: ThreadItem


@dataclass
class Signals:
    events: dict[str, asyncio.Event] = field(default_factory=dict)

    def get(self, name: str) -> asyncio.Event:
        return self.events.setdefault(name, asyncio.Event())


def dump(model: BaseModel | None) -> Any:
    return None if model is None else model.model_dump(mode="json", by_alias=True, exclude_none=True)


def fill(thread: ThreadMetadata, value: Any) -> Any:
    """An item of a program leaves out what every item of the thread begins with."""
    return {"thread_id": thread.id, "created_at": datetime.now(timezone.utc), **value}


signals = Signals()
feedback: dict[str, list[Any]] = {}


class ReferenceServer(ChatKitServer[Context]):
    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Context
    ) -> AsyncIterator[ThreadStreamEvent]:
        about = {"input": dump(input_user_message)} if input_user_message else {}
        async for event in self.play(thread, context, about):
            yield event

    async def action(
        self, thread: ThreadMetadata, action: Action[str, Any], sender: WidgetItem | None, context: Context
    ) -> AsyncIterator[ThreadStreamEvent]:
        async for event in self.play(thread, context, self.about_action(action, sender)):
            yield event

    async def sync_action(
        self, thread: ThreadMetadata, action: Action[str, Any], sender: WidgetItem | None, context: Context
    ) -> SyncCustomActionResponse:
        try:
            async for _ in self.play(thread, context, self.about_action(action, sender)):
                pass
        except Ended as ended:
            await self.store.save_item(thread.id, ended.item, context)
            return SyncCustomActionResponse(updated_item=ended.item)
        return SyncCustomActionResponse()

    async def add_feedback(
        self, thread_id: str, item_ids: list[str], kind: FeedbackKind, context: Context
    ) -> None:
        feedback.setdefault(thread_id, []).append({"item_ids": item_ids, "kind": kind})
        thread = await self.store.load_thread(thread_id, context)
        async for _ in self.play(thread, context, {}):
            pass

    def about_action(self, action: Action[str, Any], sender: WidgetItem | None) -> dict[str, Any]:
        about = {"action": dump(action)}
        return {**about, "sender": dump(sender)} if sender else about

    async def play(
        self, thread: ThreadMetadata, context: Context, about: dict[str, Any]
    ) -> AsyncIterator[ThreadStreamEvent]:
        for step in context.program:
            if "yield" in step:
                event = step["yield"]
                if "item" in event:
                    event = {**event, "item": fill(thread, event["item"])}
                yield EVENT.validate_python(event)
            elif "set" in step:
                self.assign(thread, step["set"])
            elif "throw" in step:
                self.fail(step)
            elif "sleep" in step:
                await asyncio.sleep(step["sleep"] / 1000)
            elif "wait" in step:
                await signals.get(step["wait"]).wait()
            elif "return" in step:
                raise Ended(ITEM.validate_python(fill(thread, step["return"])))
            elif "report" in step:
                data = await self.report(thread, context, step, about)
                yield EVENT.validate_python({"type": "client_effect", "name": step["report"], "data": data})

    def assign(self, thread: ThreadMetadata, values: dict[str, Any]) -> None:
        for name, value in values.items():
            setattr(thread, name, STATUS.validate_python(value) if name == "status" else value)

    def fail(self, step: Step) -> None:
        match step["throw"]:
            case "custom":
                raise CustomStreamError(step["message"], allow_retry=step["allow_retry"])
            case "stream":
                raise StreamError(ErrorCode.STREAM_ERROR, allow_retry=step.get("allow_retry"))
            case _:
                raise RuntimeError(step["message"])

    async def report(
        self, thread: ThreadMetadata, context: Context, step: Step, about: dict[str, Any]
    ) -> dict[str, Any]:
        match step["report"]:
            case "history":
                page = await self.store.load_thread_items(thread.id, None, step.get("limit", 100), "desc", context)
                return {"items": [dump(item) for item in reversed(page.data)]}
            case "feedback":
                return {"feedback": feedback.get(thread.id, [])}
            case _:
                known = dump(thread)
                names = ("id", "title", "status", "allowed_image_domains", "metadata")
                return {**about, "thread": {name: known[name] for name in names if name in known}}


class ImmediateStore(MemoryStore):
    async def pause(self) -> None:
        return


logging.disable(logging.CRITICAL)
app = FastAPI()
servers: dict[tuple[str, str], ReferenceServer] = {}
running = 0


def server_of(request: Request) -> ReferenceServer:
    key = (request.headers.get("x-user", ""), request.headers.get("x-store", ""))
    if key not in servers:
        servers[key] = ReferenceServer(ImmediateStore() if key[1] == "immediate" else MemoryStore())
    return servers[key]


async def counted(frames: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    global running
    running += 1
    try:
        async for frame in frames:
            yield frame
    except Exception as error:
        yield f": {type(error).__name__}\n\n".encode()
    finally:
        running -= 1


@app.post("/api/chatkit")
async def chatkit(request: Request) -> Response:
    headers = request.headers
    context = Context(json.loads(headers.get("x-program", "[]")), headers.get("accept-language", ""))
    try:
        result = await server_of(request).process(await request.body(), context)
    except ValidationError:
        return Response('{"error":"ValidationError"}', 422, media_type="application/json")
    except Exception as error:
        return Response(json.dumps({"error": type(error).__name__}), 500, media_type="application/json")
    if isinstance(result, StreamingResult):
        return StreamingResponse(counted(aiter(result)), media_type="text/event-stream")
    return Response(result.json, media_type="application/json")


@app.post("/signal/{name}")
async def signal(name: str) -> dict[str, Any]:
    signals.get(name).set()
    return {}


@app.get("/running")
async def count_running() -> dict[str, int]:
    return {"running": running}
