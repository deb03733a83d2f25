"""The text itself, in chunks of `text/plain`. The session id comes back in a header; an API key is asked for."""

from typing import Annotated
from uuid import uuid4

from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from fastapi.security import APIKeyHeader
from pydantic import BaseModel

from recorder import Recorder
from script import Turns, check, pieces

API_KEY = "plain-service-key"

api = FastAPI(title="Raw text")
turns = Turns()
key_header = APIKeyHeader(name="X-API-Key", auto_error=False)


class GenerateRequest(BaseModel):
    prompt: str
    session_id: str | None = None


def check_key(key: Annotated[str | None, Depends(key_header)]) -> None:
    if key != API_KEY:
        raise HTTPException(403, "Invalid API key")


@api.post("/generate", dependencies=[Depends(check_key)])
async def generate(request: GenerateRequest):
    check(request.prompt)
    session_id = request.session_id or str(uuid4())
    return StreamingResponse(
        pieces(request.prompt, turns.next(session_id)),
        media_type="text/plain; charset=utf-8",
        headers={"X-Session-Id": session_id},
    )


app = Recorder(api)
