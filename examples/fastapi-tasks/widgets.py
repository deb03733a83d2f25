"""The task list as a ChatKit widget."""

from typing import Any

from assistant import describe
from chatkit.widgets import DynamicWidgetRoot

MAX_ROWS = 20


def task_card(tasks: list[dict[str, Any]]) -> dict[str, Any]:
    """The fields of a widget item."""
    rows = [_row(task) for task in tasks[:MAX_ROWS]] or [{"type": "Text", "value": "Nothing is left to do."}]
    refresh = {"type": "tasks.refresh", "handler": "server", "streaming": False}
    widget = {
        "type": "Card",
        "status": {"text": f"{len(tasks)} open", "icon": "check-circle"},
        "children": [*rows, {"type": "Button", "label": "Refresh", "onClickAction": refresh}],
    }
    return {"widget": DynamicWidgetRoot.model_validate(widget), "copy_text": describe(tasks)}


def _row(task: dict[str, Any]) -> dict[str, Any]:
    complete = {"type": "task.complete", "payload": {"id": task["id"]}, "handler": "server"}
    return {
        "type": "Row",
        "key": str(task["id"]),
        "children": [
            {"type": "Text", "value": task["title"]},
            {"type": "Spacer"},
            {"type": "Button", "label": "Done", "size": "sm", "onClickAction": complete},
        ],
    }
