"""Turns Responses stream events into ChatKit events as openai-chatkit does. One JSON line in, one JSON line out.

The first line out says that it is ready: loading the packages takes a while.

In:  {"id": 1, "events": [{"type": "response.created", ...}, ...], "partial_images": 3}
Out: {"id": 1, "events": [{"type": "thread.item.added", ...}, ...], "stored": [...]}
"""

import asyncio
import itertools
import json
import sys
import warnings
from datetime import datetime
from typing import Any

from agents import RawResponsesStreamEvent
from openai._models import construct_type
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter, ValidationError

from chatkit.agents import AgentContext, ResponseStreamConverter, stream_agent_response
from chatkit.types import Page, ThreadMetadata

warnings.simplefilter("ignore")

RAW = TypeAdapter[Any](ResponseStreamEvent)


def read(event: dict[str, Any]) -> Any:
    try:
        raw = RAW.validate_python(event)
    except ValidationError:
        # As the openai client does it: what is missing stays missing.
        raw = construct_type(value=event, type_=ResponseStreamEvent)
    # The client has several classes of the same name for a citation; the reference takes one of them, or a dict.
    for part in [getattr(raw, "part", None), *(getattr(getattr(raw, "item", None), "content", None) or [])]:
        if getattr(part, "annotations", None):
            part.annotations = [citation.model_dump() for citation in part.annotations]
    if hasattr(getattr(raw, "annotation", None), "model_dump"):
        raw.annotation = raw.annotation.model_dump()
    return raw


class EmptyThread:
    """What stream_agent_response asks of a store, for a thread without items."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        self.stored: list[Any] = []

    async def load_thread_items(self, *_: Any) -> Page[Any]:
        return Page(data=[], has_more=False)

    async def add_thread_item(self, _thread_id: str, item: Any, _context: Any) -> None:
        self.stored.append(item)

    def generate_item_id(self, item_type: str, *_: Any) -> str:
        return f"{item_type}_{next(self.numbers)}"


class Played:
    def __init__(self, events: list[Any]) -> None:
        self.events = events

    async def stream_events(self) -> Any:
        for event in self.events:
            yield RawResponsesStreamEvent(data=read(event))
            await asyncio.sleep(0)


def dump(model: Any) -> Any:
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


async def convert(asked: dict[str, Any]) -> dict[str, Any]:
    store: Any = EmptyThread()
    thread = ThreadMetadata(id="thr_1", created_at=datetime.now())
    context: Any = AgentContext(thread=thread, store=store, request_context=None)
    converter = ResponseStreamConverter(partial_images=asked.get("partial_images"))
    result: Any = Played(asked["events"])
    # Each is written down at once: the reference goes on changing what it has sent.
    events = [dump(event) async for event in stream_agent_response(context, result, converter=converter)]
    return {"events": events, "stored": [dump(item) for item in store.stored]}


def main() -> None:
    print(json.dumps({"id": 0}), flush=True)
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        try:
            answer = asyncio.run(convert(asked))
        except Exception as error:  # The child must outlive whatever it is asked.
            answer = {"failure": f"{type(error).__name__}: {error}"[:1000]}
        sys.stdout.write(json.dumps({"id": asked["id"], **answer}, ensure_ascii=True) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
