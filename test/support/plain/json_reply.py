"""No stream, and its own sign-in: the JWT of the service, JSON in and out, camelCase, everything one level down."""

import os
from typing import Annotated
from uuid import uuid4

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from recorder import Recorder
from script import ReplyFailed, Turns, check, whole

SECRET_KEY = os.environ.get("PLAIN_SECRET", "a-shared-secret-of-a-tutorial-0123456789")

api = FastAPI(title="JSON reply")
turns = Turns()


class Credentials(BaseModel):
    email: str
    password: str


class Input(BaseModel):
    text: str
    conversationId: str | None = None


class Body(BaseModel):
    data: Input


def get_user(credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> str:
    try:
        return jwt.decode(credentials.credentials, SECRET_KEY, algorithms=["HS256"])["sub"]
    except (jwt.PyJWTError, KeyError):
        raise HTTPException(401, "Invalid token") from None


@api.post("/login")
def login(credentials: Credentials):
    if credentials.password != "secret":
        raise HTTPException(401, "Wrong e-mail or password")
    return {"token": jwt.encode({"sub": credentials.email}, SECRET_KEY, "HS256")}


@api.post("/api/assistant/message")
async def message(body: Body, user: Annotated[str, Depends(get_user)]):
    check(body.data.text)
    conversation_id = body.data.conversationId or str(uuid4())
    try:
        reply = await whole(body.data.text, turns.next(f"{user}/{conversation_id}"))
    except ReplyFailed as error:
        return {"success": False, "error": {"message": str(error)}}
    return {"success": True, "data": {"reply": reply, "conversationId": conversation_id}}


app = Recorder(api)
