"""The audio API of OpenAI, as far as it is asked here. The model's name says how it answers."""

import asyncio
import hashlib
from typing import Annotated, Any

from fastapi import FastAPI, Form, Header, Request, UploadFile
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

app = FastAPI()
seen: list[dict[str, Any]] = []


@app.get("/_seen")
def get_seen() -> list[dict[str, Any]]:
    return seen


@app.post("/v1/audio/transcriptions")
async def transcribe(
    request: Request,
    file: UploadFile,
    model: Annotated[str, Form()],
    response_format: Annotated[str, Form()],
    authorization: Annotated[str, Header()] = "",
    language: Annotated[str | None, Form()] = None,
) -> Response:
    data = await file.read()
    entry = {
        "name": file.filename,
        "type": file.content_type,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "language": language,
        "format": response_format,
        "authorization": authorization,
        "left": False,
    }
    seen.append(entry)
    if model == "silent":
        while not await request.is_disconnected():
            await asyncio.sleep(0.01)
        entry["left"] = True
    if model.isdecimal():
        error = {"message": f"secret of {authorization}", "type": "error", "code": "some_code"}
        return JSONResponse({"error": error}, int(model), headers={"Retry-After": "7"})
    if model == "html":
        return Response("<html>secret</html>", media_type="text/html")
    if model == "broken":
        return Response("{", media_type="application/json")
    if model == "endless":
        return Response(b'{"text": "' + b"a" * 3_000_000 + b'"}', media_type="application/json")
    if model == "redirect":
        return RedirectResponse("/_seen", 307)
    if model == "plain":
        return PlainTextResponse("hello")
    return JSONResponse({"text": " Hello there. \n", "usage": {"type": "duration", "seconds": 2}})
