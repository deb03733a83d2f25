"""The same assistant behind ChatKit: with widgets, a client tool, questions, actions, attachments and dictation."""

import re
from collections.abc import AsyncIterator
from datetime import datetime, timezone
from typing import Any

from starlette.concurrency import run_in_threadpool

from assistant import Assistant, AssistantError, Text
from chatkit.actions import Action
from chatkit.errors import CustomStreamError
from chatkit.server import ChatKitServer
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    AudioInput,
    ClientEffectEvent,
    ClientToolCallItem,
    FeedbackKind,
    NoticeEvent,
    ProgressUpdateEvent,
    StructuredInputFreeform,
    StructuredInputItem,
    StructuredInputMultipleChoice,
    StructuredInputMultipleChoiceOption,
    SyncCustomActionResponse,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemReplacedEvent,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    TranscriptionResult,
    UserMessageItem,
    WidgetItem,
)
from chatkit_store import Attachments, ChatKitContext, ChatKitStore
from widgets import task_card

PROGRESS = {
    "add_task": "Adding the task",
    "list_tasks": "Looking at your tasks",
    "complete_task": "Finishing the task",
    "delete_task": "Deleting the task",
}
MANY_TASKS = 50
Events = AsyncIterator[ThreadStreamEvent]


class RefusedError(Exception):
    """The request makes sense, but not now or not here."""


class TasksChatKitServer(ChatKitServer[ChatKitContext]):
    def __init__(self, store: ChatKitStore, attachments: Attachments, assistant: Assistant) -> None:
        super().__init__(store, attachments)
        self.records = store
        self.assistant = assistant

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: ChatKitContext
    ) -> Events:
        if input_user_message is None:
            # The user has answered something that the assistant asked for: it is the newest such item.
            async for event in self._go_on(thread, context):
                yield event
            return
        text = _text_of(input_user_message)
        if thread.title is None:
            thread.title = text[:60] or "Attachments"
        lower = " ".join(text.lower().split()).rstrip("?!.")
        if match := re.fullmatch(r"(?:use |switch to )?(dark|light)(?: mode| theme)", lower):
            arguments = {"theme": match[1]}
            call_id = self._id("tool_call", thread, context)
            call = ClientToolCallItem(
                **_base(call_id, thread), call_id=call_id, name="switch_theme", arguments=arguments
            )
            yield ThreadItemDoneEvent(item=call)
        elif lower in ("new task", "plan my day"):
            yield ThreadItemDoneEvent(item=self._questions(thread, context))
        elif lower in ("tasks", "list", "show my tasks", "list my tasks", "show my open tasks"):
            yield ProgressUpdateEvent(text=PROGRESS["list_tasks"])
            tasks = await self._open_tasks(context)
            yield ThreadItemDoneEvent(
                item=WidgetItem(**_base(self._id("message", thread, context), thread), **task_card(tasks))
            )
            if len(tasks) >= MANY_TASKS:
                yield NoticeEvent(level="info", message="That is a lot. Finish some **before** you add more.")
        elif input_user_message.attachments:
            names = ", ".join(attachment.name for attachment in input_user_message.attachments)
            async for event in self._say(thread, context, f"Thank you. I have got {names}."):
                yield event
        else:
            async for event in self._converse(thread, input_user_message, text, context):
                yield event

    async def action(
        self,
        thread: ThreadMetadata,
        action: Action[str, Any],
        sender: WidgetItem | None,
        context: ChatKitContext,
    ) -> Events:
        if action.type != "task.complete":
            raise CustomStreamError(f"Nobody knows the action {action.type}.")
        task = await self._complete(action.payload, context)
        if sender is not None:
            card = task_card(await self._open_tasks(context))
            yield ThreadItemReplacedEvent(item=sender.model_copy(update=card))
        yield ClientEffectEvent(name="tasks.changed", data={"task": task})
        async for event in self._say(thread, context, f"Finished “{task['title']}”."):
            yield event

    async def sync_action(
        self,
        thread: ThreadMetadata,
        action: Action[str, Any],
        sender: WidgetItem | None,
        context: ChatKitContext,
    ) -> SyncCustomActionResponse:
        if action.type not in ("tasks.refresh", "task.complete"):
            raise RefusedError(f"Nobody knows the action {action.type}")
        if action.type == "task.complete":
            try:
                await self._complete(action.payload, context)
            except CustomStreamError as error:
                raise RefusedError(error.message) from error
        if sender is None:
            return SyncCustomActionResponse()
        updated = sender.model_copy(update=task_card(await self._open_tasks(context)))
        await self.store.save_item(thread.id, updated, context)
        return SyncCustomActionResponse(updated_item=updated)

    async def transcribe(self, audio_input: AudioInput, context: ChatKitContext) -> TranscriptionResult:
        return TranscriptionResult(text="Show my tasks")

    async def add_feedback(
        self, thread_id: str, item_ids: list[str], feedback: FeedbackKind, context: ChatKitContext
    ) -> None:
        for item_id in item_ids:
            await self.store.load_item(thread_id, item_id, context)
        self.records.save_feedback(thread_id, item_ids, feedback, context)

    async def _converse(
        self, thread: ThreadMetadata, message: UserMessageItem, text: str, context: ChatKitContext
    ) -> Events:
        item_id = self._id("message", thread, context)
        said = ""
        try:
            async for step in self.assistant.answer(
                context.user_id, text, await self._earlier(thread, message, context)
            ):
                if isinstance(step, Text):
                    for event in _begin(item_id, thread) if not said else []:
                        yield event
                    said += step.text
                    delta = AssistantMessageContentPartTextDelta(content_index=0, delta=step.text)
                    yield ThreadItemUpdatedEvent(item_id=item_id, update=delta)
                elif step.status == "pending":
                    yield ProgressUpdateEvent(text=PROGRESS[step.tool])
                elif step.status == "success" and step.tool != "list_tasks":
                    yield ClientEffectEvent(name="tasks.changed", data={"task": step.result})
        except AssistantError as error:
            raise CustomStreamError(str(error), allow_retry=True) from error
        for event in _end(item_id, thread, said):
            yield event

    async def _go_on(self, thread: ThreadMetadata, context: ChatKitContext) -> Events:
        items = await self.store.load_thread_items(thread.id, None, 20, "desc", context)
        asked = next((item for item in items.data if isinstance(item, ClientToolCallItem | StructuredInputItem)), None)
        if isinstance(asked, ClientToolCallItem):
            text = f"The page is {asked.arguments['theme']} now." if asked.output else "The page did not change."
        elif isinstance(asked, StructuredInputItem) and (title := _answer(asked, "title")):
            when = _answer(asked, "when")
            task = await run_in_threadpool(
                self.assistant.tasks.add, context.user_id, f"{title} ({when})" if when else title
            )
            yield ClientEffectEvent(name="tasks.changed", data={"task": task})
            text = f"Added “{task['title']}” as number {task['id']}."
        else:
            text = "Then not."
        async for event in self._say(thread, context, text):
            yield event

    async def _say(self, thread: ThreadMetadata, context: ChatKitContext, text: str) -> Events:
        item_id = self._id("message", thread, context)
        for event in _begin(item_id, thread):
            yield event
        delta = AssistantMessageContentPartTextDelta(content_index=0, delta=text)
        yield ThreadItemUpdatedEvent(item_id=item_id, update=delta)
        for event in _end(item_id, thread, text):
            yield event

    async def _complete(self, payload: Any, context: ChatKitContext) -> dict[str, Any]:
        task_id = payload.get("id") if isinstance(payload, dict) else None
        if not isinstance(task_id, int):
            raise CustomStreamError("The action does not say which task it means.")
        task = await run_in_threadpool(self.assistant.tasks.change, context.user_id, task_id, None, True)
        if task is None:
            raise CustomStreamError(f"You have no task with the number {task_id}.")
        return task

    async def _open_tasks(self, context: ChatKitContext) -> list[dict[str, Any]]:
        return await run_in_threadpool(self.assistant.tasks.list, context.user_id, False)

    async def _earlier(self, thread: ThreadMetadata, message: UserMessageItem, context: ChatKitContext) -> list[str]:
        items = await self.store.load_thread_items(thread.id, None, 50, "desc", context)
        return [
            _text_of(item)
            for item in reversed(items.data)
            if isinstance(item, UserMessageItem) and item.id != message.id
        ]

    def _questions(self, thread: ThreadMetadata, context: ChatKitContext) -> StructuredInputItem:
        options = [StructuredInputMultipleChoiceOption(value=value) for value in ("today", "tomorrow", "some day")]
        return StructuredInputItem(
            **_base(self._id("message", thread, context), thread),
            inputs=[
                StructuredInputFreeform(id="title", question="What is to be done?"),
                StructuredInputMultipleChoice(id="when", question="When?", options=options),
            ],
        )

    def _id(self, kind: Any, thread: ThreadMetadata, context: ChatKitContext) -> str:
        return self.store.generate_item_id(kind, thread, context)


def _base(item_id: str, thread: ThreadMetadata) -> dict[str, Any]:
    return {"id": item_id, "thread_id": thread.id, "created_at": datetime.now(timezone.utc)}


def _begin(item_id: str, thread: ThreadMetadata) -> list[ThreadStreamEvent]:
    part = AssistantMessageContentPartAdded(content_index=0, content=AssistantMessageContent(text=""))
    return [
        ThreadItemAddedEvent(item=AssistantMessageItem(**_base(item_id, thread), content=[])),
        ThreadItemUpdatedEvent(item_id=item_id, update=part),
    ]


def _end(item_id: str, thread: ThreadMetadata, text: str) -> list[ThreadStreamEvent]:
    content = AssistantMessageContent(text=text)
    done = AssistantMessageContentPartDone(content_index=0, content=content)
    return [
        ThreadItemUpdatedEvent(item_id=item_id, update=done),
        ThreadItemDoneEvent(item=AssistantMessageItem(**_base(item_id, thread), content=[content])),
    ]


def _text_of(message: UserMessageItem) -> str:
    return " ".join(part.text for part in message.content).strip()


def _answer(item: StructuredInputItem, question_id: str) -> str:
    answer = next((question.answer for question in item.inputs if question.id == question_id), None)
    return answer.values[0].strip()[:150] if answer and answer.values else ""
