"""A FastAPI service that serves ChatKit, for the gateway to stand in front of.

What it does is chosen by the words of the user's message:

    deltas 5            a reply of five deltas
    slow 20 50          twenty deltas, one every 50 ms
    unicode             text whose characters take one to four bytes
    widget | tool       a widget | a pending client tool call
    fail | custom       an exception of the responder | one with a message for the user
    die 3               the connection breaks after three frames
    silent              the headers, then nothing
    never               no answer at all
    status 422 json     that status with a JSON body; `html` for a page, `gzip` for compressed JSON
    gzip                a compressed reply although nobody asked for it

GET /_seen tells what came in, what was sent for it, and how it ended. The bound port is the first line of output.
"""

import asyncio
import base64
import gzip
import json
import logging
from collections.abc import AsyncIterator
from datetime import datetime, timezone
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from chatkit.errors import CustomStreamError
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.store import NotFoundError
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ClientToolCallItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
    WidgetItem,
)
from chatkit.widgets import DynamicWidgetRoot
from store import MemoryStore

UNICODE = ["é", "ß漢", "🙂🙃", "\u2028\u2029", "e\u0301", "\r\n", "data: x\n\n"]


def words_of(message: UserMessageItem | None) -> list[str]:
    texts = [getattr(part, "text", "") for part in message.content] if message else []
    return " ".join(texts).split() or [""]


class ScriptedServer(ChatKitServer[Any]):
    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        words = words_of(input_user_message)
        match words[0]:
            case "slow":
                pieces, pause = [f"word-{n} " for n in range(int(words[1]))], int(words[2]) / 1000
            case "unicode":
                pieces, pause = UNICODE, 0.0
            case "deltas" | "die":
                pieces, pause = [f"word-{n} " for n in range(int(words[1]))], 0.0
            case _:
                pieces, pause = ["Hello", " from", " FastAPI"], 0.0
        base = {"thread_id": thread.id, "created_at": datetime.now(timezone.utc)}
        if words[0] == "widget":
            widget = DynamicWidgetRoot.model_validate({"type": "Card", "children": [{"type": "Text", "value": "Hi"}]})
            item_id = self.store.generate_item_id("message", thread, context)
            yield ThreadItemDoneEvent(item=WidgetItem(id=item_id, widget=widget, **base))
            return
        if words[0] == "tool":
            call_id = self.store.generate_item_id("tool_call", thread, context)
            yield ThreadItemDoneEvent(
                item=ClientToolCallItem(id=call_id, call_id="call_1", name="locate", arguments={"deep": None}, **base)
            )
            return
        if words[0] == "title":
            thread.title = " ".join(words[1:])
        async for event in self.write(thread, pieces, pause, words[0], base, context):
            yield event

    async def write(
        self, thread: ThreadMetadata, pieces: list[str], pause: float, script: str, base: dict[str, Any], context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        item_id = self.store.generate_item_id("message", thread, context)
        yield ThreadItemAddedEvent(item=AssistantMessageItem(id=item_id, content=[], **base))
        part = AssistantMessageContentPartAdded(content_index=0, content=AssistantMessageContent(text=""))
        yield ThreadItemUpdatedEvent(item_id=item_id, update=part)
        for piece in pieces:
            await asyncio.sleep(pause)
            delta = AssistantMessageContentPartTextDelta(content_index=0, delta=piece)
            yield ThreadItemUpdatedEvent(item_id=item_id, update=delta)
        if script == "fail":
            raise RuntimeError("the responder failed")
        if script == "custom":
            raise CustomStreamError("The kitchen is closed.", allow_retry=False)
        content = AssistantMessageContent(text="".join(pieces))
        done = AssistantMessageContentPartDone(content_index=0, content=content)
        yield ThreadItemUpdatedEvent(item_id=item_id, update=done)
        yield ThreadItemDoneEvent(item=AssistantMessageItem(id=item_id, content=[content], **base))


logging.disable(logging.CRITICAL)
app = FastAPI()
server = ScriptedServer(MemoryStore())
seen: list[dict[str, Any]] = []


async def recorded(entry: dict[str, Any], frames: AsyncIterator[bytes], words: list[str]) -> AsyncIterator[bytes]:
    sent = bytearray()
    count = 0
    try:
        if words[0] == "silent":
            entry["state"] = "silent"
            await asyncio.Event().wait()
        async for frame in frames:
            if words[0] == "die" and count == int(words[1]):
                entry["state"] = "died"
                raise RuntimeError("the connection breaks here")
            count += 1
            sent += frame
            yield frame
        entry["state"] = "finished"
    except (asyncio.CancelledError, GeneratorExit):
        entry["state"] = "aborted"
        raise
    finally:
        entry["sent"] = base64.b64encode(bytes(sent)).decode()


def message_words(body: bytes) -> list[str]:
    try:
        content = json.loads(body)["params"]["input"]["content"]
        return " ".join(part.get("text", "") for part in content).split() or [""]
    except (ValueError, KeyError, TypeError, AttributeError):
        return [""]


@app.post("/chatkit")
async def chatkit(request: Request) -> Response:
    body = await request.body()
    words = message_words(body)
    entry: dict[str, Any] = {
        "path": request.url.path,
        "query": request.url.query,
        "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in request.headers.raw],
        "body": base64.b64encode(body).decode(),
        "state": "open",
    }
    seen.append(entry)
    if words[0] == "never":
        try:
            while not await request.is_disconnected():
                await asyncio.sleep(0.01)
        finally:
            entry["state"] = "aborted"
        return Response(status_code=499)
    if words[0] == "status":
        entry["state"] = "finished"
        html = "<html><body>Traceback: secret at 10.0.0.1</body></html>"
        text, kind = (html, "text/html") if words[2] == "html" else ('{"detail":"not today"}', "application/json")
        headers = {"Retry-After": "7", "Set-Cookie": "service=1", "Server": "secret/1.0", "X-Powered-By": "secret"}
        if words[2] == "gzip":
            headers["Content-Encoding"] = "gzip"
            return Response(gzip.compress(text.encode()), int(words[1]), headers, kind)
        return Response(text, int(words[1]), headers, kind)
    try:
        result = await server.process(body, None)
    except NotFoundError:
        entry["state"] = "finished"
        return Response('{"detail":"not found"}', status_code=404, media_type="application/json")
    if not isinstance(result, StreamingResult):
        entry["state"] = "finished"
        entry["sent"] = base64.b64encode(result.json).decode()
        return Response(result.json, media_type="application/json")
    if words[0] == "gzip":
        entry["state"] = "finished"
        frames = b"".join([frame async for frame in result])
        entry["sent"] = base64.b64encode(frames).decode()
        return Response(gzip.compress(frames), media_type="text/event-stream", headers={"Content-Encoding": "gzip"})
    headers = {"Set-Cookie": "service=1", "X-Powered-By": "secret", "Connection": "x-hop", "X-Hop": "1"}
    return StreamingResponse(
        recorded(entry, aiter(result), words), media_type="text/event-stream", headers=headers
    )


@app.get("/_seen")
async def list_seen() -> list[dict[str, Any]]:
    return seen


class AnnouncingServer(uvicorn.Server):
    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        print(self.servers[0].sockets[0].getsockname()[1], flush=True)


if __name__ == "__main__":
    AnnouncingServer(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", access_log=False)).run()
