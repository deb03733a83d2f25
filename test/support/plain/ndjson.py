"""One JSON object per line: `{"delta": …}`, then `{"done": true, "thread": …}`. A Bearer JWT is asked for."""

import json
import os
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import uuid4

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel

from recorder import Recorder
from script import ReplyFailed, Turns, check, is_tool, pieces

SECRET_KEY = os.environ.get("PLAIN_SECRET", "a-shared-secret-of-a-tutorial-0123456789")

api = FastAPI(title="NDJSON")
turns = Turns()
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token")


class Query(BaseModel):
    query: str
    thread: str | None = None


def get_username(token: Annotated[str, Depends(oauth2_scheme)]) -> str:
    try:
        return jwt.decode(token, SECRET_KEY, algorithms=["HS256"])["sub"]
    except (jwt.PyJWTError, KeyError):
        raise HTTPException(401, "Could not validate credentials", headers={"WWW-Authenticate": "Bearer"}) from None


@api.post("/token")
def login(form: Annotated[OAuth2PasswordRequestForm, Depends()]):
    if (form.username, form.password) != ("johndoe", "secret"):
        raise HTTPException(400, "Incorrect username or password")
    return {"access_token": jwt.encode({"sub": form.username}, SECRET_KEY, "HS256"), "token_type": "bearer"}


async def lines(query: str, thread: str, turn: int) -> AsyncIterator[str]:
    try:
        if is_tool(query):
            yield json.dumps({"tool_call": {"tool": "search", "status": "success", "result": ["one", "two"]}}) + "\n"
        async for piece in pieces(query, turn):
            yield json.dumps({"delta": piece}, ensure_ascii=False) + "\n"
        yield json.dumps({"done": True, "thread": thread}) + "\n"
    except ReplyFailed as error:
        yield json.dumps({"error": {"code": "model_error", "message": str(error)}}) + "\n"


@api.post("/api/v1/stream")
async def stream(body: Query, username: Annotated[str, Depends(get_username)]):
    check(body.query)
    thread = body.thread or str(uuid4())
    turn = turns.next(f"{username}/{thread}")
    return StreamingResponse(lines(body.query, thread, turn), media_type="application/x-ndjson")


app = Recorder(api)
