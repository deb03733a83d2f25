"""Judges JSON by the pydantic models of openai-chatkit. One JSON line in, one JSON line out.

In:  {"id": 1, "kind": "event", "json": "<text>"}
Out: {"id": 1, "valid": true, "differences": ["/item/content/0/annotations: missing, ..."], "meaning": {...}}

A difference is anything that a client built on these models would not see as it was sent, or that the reference
server would have sent in another way.
"""

import json
import sys
import warnings
from datetime import datetime
from enum import Enum
from typing import Any

from pydantic import AnyUrl, BaseModel, TypeAdapter, ValidationError

from chatkit.types import (
    Attachment,
    AttachmentBase,
    ChatKitReq,
    HiddenContextItem,
    Page,
    SDKHiddenContextItem,
    SyncCustomActionResponse,
    Thread,
    ThreadItem,
    ThreadStreamEvent,
    TranscriptionResult,
)
from chatkit.server import diff_widget
from chatkit.widgets import WidgetComponentBase, WidgetRoot, WidgetTemplate

warnings.simplefilter("ignore")

ADAPTERS: dict[str, TypeAdapter[Any]] = {
    "request": TypeAdapter(ChatKitReq),
    "event": TypeAdapter(ThreadStreamEvent),
    "thread": TypeAdapter(Thread),
    "threads": TypeAdapter(Page[Thread]),
    "items": TypeAdapter(Page[ThreadItem]),
    "item": TypeAdapter(ThreadItem),
    "attachment": TypeAdapter(Attachment),
    "sync_action": TypeAdapter(SyncCustomActionResponse),
    "transcription": TypeAdapter(TranscriptionResult),
    "widget": TypeAdapter(WidgetRoot),
}

ABSENT = object()


def show(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=True)
    return text if len(text) <= 200 else text[:200] + "…"


def compare_model(model: BaseModel, sent: Any, path: str, found: list[str], in_widget: bool) -> None:
    if not isinstance(sent, dict):
        found.append(f"{path}: sent {show(sent)}, read as an object")
        return
    if isinstance(model, (HiddenContextItem, SDKHiddenContextItem)):
        found.append(f"{path}: a hidden item was sent")
    in_widget = in_widget or isinstance(model, WidgetComponentBase)
    known = set()
    for name, field in type(model).model_fields.items():
        key = field.serialization_alias or field.alias or name
        known.add(key)
        value = getattr(model, name)
        was = sent.get(key, ABSENT)
        if isinstance(model, AttachmentBase) and name == "metadata":
            if was is not ABSENT:
                found.append(f"{path}/{key}: the metadata of an attachment was sent")
        elif isinstance(model, Thread) and name == "metadata":
            if was != {}:
                found.append(f"{path}/{key}: the reference sends {{}}, this was {show(None if was is ABSENT else was)}")
        elif was is ABSENT:
            if value is not None:
                found.append(f"{path}/{key}: missing, the reference sends {show(dump(value))}")
        elif value is None:
            if was is not None:
                found.append(f"{path}/{key}: {show(was)} was read as null")
            elif field.annotation is not Any and field.annotation != (Any | None):
                found.append(f"{path}/{key}: null was sent, the reference leaves it out")
        else:
            compare(value, was, f"{path}/{key}", found, in_widget)
    extra = model.model_extra or {}
    for key, was in sent.items():
        if key in known:
            continue
        if key in extra:
            compare(extra[key], was, f"{path}/{key}", found, in_widget)
        else:
            found.append(f"{path}/{key}: {show(was)} is dropped")


def compare(value: Any, sent: Any, path: str, found: list[str], in_widget: bool) -> None:
    if isinstance(value, BaseModel):
        compare_model(value, sent, path, found, in_widget)
    elif isinstance(value, datetime):
        compare_time(value, sent, path, found)
    elif isinstance(value, dict) and isinstance(sent, dict):
        for key in value.keys() - sent.keys():
            found.append(f"{path}/{key}: missing, read as {show(dump(value[key]))}")
        for key, was in sent.items():
            if key in value:
                compare(value[key], was, f"{path}/{key}", found, in_widget)
            else:
                found.append(f"{path}/{key}: {show(was)} is dropped")
    elif isinstance(value, list) and isinstance(sent, list):
        if len(value) != len(sent):
            found.append(f"{path}: {len(sent)} entries were sent, {len(value)} read")
        for index, (one, was) in enumerate(zip(value, sent)):
            compare(one, was, f"{path}/{index}", found, in_widget)
    elif value is None and sent is None:
        if in_widget:
            found.append(f"{path}: null was sent, the reference leaves it out")
    else:
        plain = value.value if isinstance(value, Enum) else str(value) if isinstance(value, AnyUrl) else value
        if isinstance(plain, bool) != isinstance(sent, bool) or plain != sent:
            found.append(f"{path}: {show(sent)} was read as {show(plain)}")


def compare_time(value: datetime, sent: Any, path: str, found: list[str]) -> None:
    if value.tzinfo is None:
        found.append(f"{path}: {show(sent)} has no offset")
    elif not isinstance(sent, str) or datetime.fromisoformat(sent.replace("Z", "+00:00")) != value:
        found.append(f"{path}: {show(sent)} was read as {value.isoformat()}")


def dump(value: Any) -> Any:
    return value.model_dump(mode="json", by_alias=True) if isinstance(value, BaseModel) else value


def judge(kind: str, text: str) -> dict[str, Any]:
    adapter = ADAPTERS[kind]
    try:
        model = adapter.validate_json(text)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        return {"valid": False, "problems": [f"{'/'.join(map(str, p['loc']))}: {p['msg']}" for p in problems][:20]}
    differences: list[str] = []
    compare(model, json.loads(text), "", differences, False)
    meaning = None
    if kind == "request":
        try:
            meaning = json.loads(adapter.dump_json(model, by_alias=True))
        except ValueError:
            meaning = None
    return {"valid": True, "differences": differences, "meaning": meaning}


def on_wire(model: BaseModel) -> Any:
    """As the reference server serialises it."""
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def diff_of(asked: Any) -> Any:
    before, after = (ADAPTERS["widget"].validate_python(asked[key]) for key in ("before", "after"))
    return [on_wire(update) for update in diff_widget(before, after)]


def built_from(asked: Any) -> Any:
    return on_wire(WidgetTemplate(asked["definition"]).build(asked["data"]))


def rendered_from(asked: Any) -> Any:
    """The text alone, which need not be JSON."""
    definition = {"version": "1.0", "name": "rendered", "template": asked["template"]}
    return WidgetTemplate(definition).template.render(**asked["data"])


ACTIONS = {
    "diff_widget": diff_of,
    "build_widget": built_from,
    "render_template": rendered_from,
}


def perform(kind: str, text: str) -> dict[str, Any]:
    try:
        return {"result": ACTIONS[kind](json.loads(text))}
    except Exception as error:
        return {"raised": f"{type(error).__name__}: {error}"}


def main() -> None:
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        try:
            act = perform if asked["kind"] in ACTIONS else judge
            answer = act(asked["kind"], asked["json"])
        except Exception as error:  # The child must outlive whatever it is asked.
            answer = {"failure": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps({"id": asked["id"], **answer}, ensure_ascii=True) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
