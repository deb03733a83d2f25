"""Tasks of a user, their files, and a live stream of what happens to them."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, UploadFile
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from auth import CurrentUser
from task_store import TaskStore

router = APIRouter(prefix="/api/tasks", tags=["tasks"])
EVENT_STREAM_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


class TaskFile(BaseModel):
    id: str
    name: str
    content_type: str
    size: int


class Task(BaseModel):
    id: int
    title: str
    done: bool
    created_at: str
    updated_at: str
    files: list[TaskFile] = []


class NewTask(BaseModel):
    title: str = Field(min_length=1, max_length=200)


class TaskChanges(BaseModel):
    title: str | None = Field(default=None, min_length=1, max_length=200)
    done: bool | None = None


def tasks_of(request: Request) -> TaskStore:
    return request.app.state.tasks


@router.get("")
def list_tasks(request: Request, user: CurrentUser, done: Annotated[bool | None, Query()] = None) -> list[Task]:
    return [Task(**task) for task in tasks_of(request).list(user.id, done)]


@router.post("", status_code=201)
def create_task(request: Request, user: CurrentUser, new: NewTask) -> Task:
    return Task(**tasks_of(request).add(user.id, new.title))


@router.get("/events")
async def task_events(request: Request, user: CurrentUser) -> StreamingResponse:
    """Server-sent events `task.created`, `task.updated` and `task.deleted`, each with the task as its data."""
    stream = _events(tasks_of(request), user.id, request.app.state.settings.heartbeat_seconds)
    return StreamingResponse(stream, media_type="text/event-stream", headers=EVENT_STREAM_HEADERS)


async def _events(tasks: TaskStore, user_id: str, heartbeat_seconds: float) -> AsyncIterator[str]:
    with tasks.changes.subscribe(user_id) as queue:
        yield "event: ready\ndata: {}\n\n"
        number = 0
        while True:
            try:
                change = await asyncio.wait_for(queue.get(), heartbeat_seconds)
            except TimeoutError:
                yield ": still here\n\n"
                continue
            if change is None:
                return
            number += 1
            yield f"id: {number}\nevent: {change.kind}\ndata: {json.dumps(change.task)}\n\n"


@router.get("/{task_id}")
def get_task(request: Request, user: CurrentUser, task_id: int) -> Task:
    return Task(**_found(tasks_of(request).get(user.id, task_id)))


@router.patch("/{task_id}")
def change_task(request: Request, user: CurrentUser, task_id: int, changes: TaskChanges) -> Task:
    return Task(**_found(tasks_of(request).change(user.id, task_id, changes.title, changes.done)))


@router.delete("/{task_id}", status_code=204)
def delete_task(request: Request, user: CurrentUser, task_id: int) -> None:
    _found(tasks_of(request).delete(user.id, task_id))


@router.post("/{task_id}/files", status_code=201)
async def upload_file(request: Request, user: CurrentUser, task_id: int, file: UploadFile) -> TaskFile:
    """A multipart form with the field `file`."""
    tasks = tasks_of(request)
    _found(await run_in_threadpool(tasks.get, user.id, task_id))
    name = Path(file.filename or "file").name[:200] or "file"
    content_type = file.content_type or "application/octet-stream"
    record = {"id": f"file_{secrets.token_hex(16)}", "name": name, "content_type": content_type, "size": 0}
    path = tasks.file_path(record["id"])
    record["size"] = await run_in_threadpool(_save, file, path)
    if not await run_in_threadpool(tasks.add_file, user.id, task_id, record):
        path.unlink()
        raise HTTPException(404, "Task not found")
    return TaskFile(**record)


@router.get("/{task_id}/files/{file_id}")
def download_file(request: Request, user: CurrentUser, task_id: int, file_id: str) -> FileResponse:
    """Always a download, whatever it is: a page that a user uploaded must not run on this origin."""
    tasks = tasks_of(request)
    task = _found(tasks.get(user.id, task_id))
    found = next((file for file in task["files"] if file["id"] == file_id), None)
    if found is None:
        raise HTTPException(404, "File not found")
    headers = {"X-Content-Type-Options": "nosniff"}
    return FileResponse(
        tasks.file_path(file_id), media_type=found["content_type"], filename=found["name"], headers=headers
    )


def _found(task: dict[str, Any] | None) -> dict[str, Any]:
    if task is None:
        raise HTTPException(404, "Task not found")
    return task


def _save(file: UploadFile, path: Path) -> int:
    with path.open("wb") as target:
        while chunk := file.file.read(65_536):
            target.write(chunk)
        return target.tell()
