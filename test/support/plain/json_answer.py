"""No stream: `{"question", "chat_id"}` in, `{"answer", "chat_id"}` out."""

from uuid import uuid4

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from recorder import Recorder
from script import ReplyFailed, Turns, check, whole

api = FastAPI(title="JSON answer")
turns = Turns()


class Question(BaseModel):
    question: str
    chat_id: str | None = None


class Answer(BaseModel):
    answer: str
    chat_id: str


@api.post("/ask")
async def ask(body: Question) -> Answer:
    check(body.question)
    chat_id = body.chat_id or str(uuid4())
    try:
        return Answer(answer=await whole(body.question, turns.next(chat_id)), chat_id=chat_id)
    except ReplyFailed as error:
        raise HTTPException(502, str(error)) from error


app = Recorder(api)
