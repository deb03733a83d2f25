"""Prints, as JSON, every kind of request, item, event and so on of openai-chatkit, each with the names of its fields."""

import json
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from chatkit import icons, types, widgets

UNIONS = {
    "operations": types.ChatKitReq,
    "items": types.ThreadItem,
    "events": types.ThreadStreamEvent,
    "updates": types.ThreadItemUpdate,
    "tasks": types.Task,
    "sources": types.Source,
    "attachments": types.Attachment,
    "statuses": types.ThreadStatus,
    "questions": types.StructuredInput,
    "parts": types.UserMessageContent,
    "components": widgets.StrictWidgetComponent,
    "roots": widgets.StrictWidgetRoot,
    "series": widgets.Series,
}


def models_of(union: Any) -> list[type[BaseModel]]:
    if get_origin(union) in (Union, UnionType):
        return [model for part in get_args(union) for model in models_of(part)]
    if get_origin(union) is Annotated:
        return models_of(get_args(union)[0])
    return [union]


def kind_of(model: type[BaseModel]) -> str:
    return get_args(model.model_fields["type"].annotation)[0]


def fields_of(model: type[BaseModel]) -> list[str]:
    return sorted(field.alias or name for name, field in model.model_fields.items() if not field.deprecated)


kinds = {name: {kind_of(model): fields_of(model) for model in models_of(union)} for name, union in UNIONS.items()}
icon_names = get_args(get_args(icons.IconName)[0])
print(json.dumps({**kinds, "icons": {name: [] for name in icon_names}}))
