"""The assistant: understands a handful of sentences about tasks, and needs no model, no key and no network.

A real application would call a language model here. What is around it would stay as it is.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal

from starlette.concurrency import run_in_threadpool

from task_store import TaskRecord, TaskStore

HELP = (
    "I look after your tasks. Say “add buy milk”, “show my tasks”, “done 1”, “delete 1”, "
    "“what did I say?” or “count to 10”."
)
MAX_COUNT = 1000
MAX_PAUSE_MS = 10_000


class AssistantError(Exception):
    """Something that the user may be told."""


@dataclass(frozen=True)
class Text:
    """A piece of the reply. The pieces, joined, are the reply."""

    text: str


@dataclass(frozen=True)
class ToolCall:
    tool: str
    status: Literal["pending", "success", "error"]
    result: Any = None


Step = Text | ToolCall


class Assistant:
    def __init__(self, tasks: TaskStore, delay_ms: int) -> None:
        self.tasks = tasks
        self.delay_ms = delay_ms

    async def answer(self, user_id: str, message: str, earlier: list[str]) -> AsyncIterator[Step]:
        """`earlier` are the messages that the user sent before this one, oldest first."""
        words = " ".join(message.split())
        lower = words.lower().rstrip("?!.")
        if match := re.fullmatch(r"(?:please )?(?:add|remind me to) (.+)", words, re.IGNORECASE):
            yield ToolCall("add_task", "pending")
            task = await run_in_threadpool(self.tasks.add, user_id, match[1][:200])
            yield ToolCall("add_task", "success", task)
            text = f"Added “{task['title']}” as number {task['id']}."
        elif lower in ("tasks", "list", "show my tasks", "list my tasks", "show my open tasks"):
            yield ToolCall("list_tasks", "pending")
            tasks = await run_in_threadpool(self.tasks.list, user_id, False)
            yield ToolCall("list_tasks", "success", tasks)
            text = describe(tasks)
        elif match := re.fullmatch(r"(done|finish|delete|remove) #?(\d{1,15})", lower):
            tool = "complete_task" if match[1] in ("done", "finish") else "delete_task"
            yield ToolCall(tool, "pending")
            task = await run_in_threadpool(self._settle, user_id, tool, int(match[2]))
            if task is None:
                yield ToolCall(tool, "error", f"There is no task {match[2]}")
                text = f"You have no task with the number {match[2]}."
            else:
                yield ToolCall(tool, "success", task)
                text = f"{'Finished' if tool == 'complete_task' else 'Deleted'} “{task['title']}”."
        elif match := re.fullmatch(r"count to (\d{1,4})(?: every (\d{1,5}) ?ms)?", lower):
            pause_ms = min(int(match[2] or self.delay_ms), MAX_PAUSE_MS)
            for number in range(1, min(int(match[1]), MAX_COUNT) + 1):
                await asyncio.sleep(pause_ms / 1000)
                yield Text(f"{number} ")
            text = "done."
        elif lower == "what did i say":
            text = f"You said: “{earlier[-1]}”." if earlier else "Nothing so far."
        elif lower == "break":
            yield Text("I will try. ")
            raise AssistantError("The assistant is broken, as you asked.")
        else:
            text = f"You said: “{words[:200]}”. {HELP}"
        for piece in re.findall(r"\s*\S+\s*$|\s*\S+", text):
            await asyncio.sleep(self.delay_ms / 1000)
            yield Text(piece)

    def _settle(self, user_id: str, tool: str, task_id: int) -> TaskRecord | None:
        if tool == "complete_task":
            return self.tasks.change(user_id, task_id, done=True)
        return self.tasks.delete(user_id, task_id)


def describe(tasks: list[TaskRecord]) -> str:
    if not tasks:
        return "Nothing is left to do."
    lines = [f"{task['id']}. {task['title']}" for task in tasks[:20]]
    more = [f"… and {len(tasks) - 20} more"] if len(tasks) > 20 else []
    return "\n".join(["Still to do:", *lines, *more])
