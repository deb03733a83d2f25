"""Remembers every request and how it ended, for GET /_seen. Wraps the application from outside."""

import base64
import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_REQUESTS = 10_000


class Recorder:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.seen: list[dict[str, Any]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if scope["path"] == "/_seen":
            return await self._tell(send)
        body, sent = bytearray(), bytearray()
        entry: dict[str, Any] = {
            "method": scope["method"],
            "path": scope["path"],
            "query": scope["query_string"].decode("latin-1"),
            "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in scope["headers"]],
            "state": "open",
            "body": body,
            "sent": sent,
        }
        self.seen = [*self.seen[-MAX_REQUESTS:], entry]

        async def recorded_receive() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect" and entry["state"] == "open":
                entry["state"] = "aborted"
            body.extend(message.get("body", b""))
            return message

        async def recorded_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry["status"] = message["status"]
            sent.extend(message.get("body", b""))
            if message["type"] == "http.response.body" and not message.get("more_body") and entry["state"] == "open":
                entry["state"] = "finished"
            await send(message)

        try:
            await self.app(scope, recorded_receive, recorded_send)
        finally:
            if entry["state"] == "open":
                entry["state"] = "died"

    async def _tell(self, send: Send) -> None:
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        text = json.dumps(self.seen, default=lambda data: base64.b64encode(data).decode())
        await send({"type": "http.response.body", "body": text.encode()})
