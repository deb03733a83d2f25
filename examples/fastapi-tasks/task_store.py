"""Tasks in SQLite. Every method takes the user first: nobody reaches the tasks of somebody else."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from database import Database, now

TaskRecord = dict[str, Any]
MAX_TASKS = 1000
MAX_WAITING_CHANGES = 100


@dataclass(frozen=True)
class Change:
    kind: str
    task: TaskRecord


class Changes:
    """Tells the listeners of a user what happened. `None` ends a listener."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.listeners: dict[str, set[asyncio.Queue[Change | None]]] = {}

    @contextmanager
    def subscribe(self, user_id: str) -> Iterator[asyncio.Queue[Change | None]]:
        queue: asyncio.Queue[Change | None] = asyncio.Queue(MAX_WAITING_CHANGES)
        self.loop = asyncio.get_running_loop()
        self.listeners.setdefault(user_id, set()).add(queue)
        try:
            yield queue
        finally:
            self.listeners[user_id].discard(queue)
            if not self.listeners[user_id]:
                del self.listeners[user_id]

    def tell(self, user_id: str, change: Change) -> None:
        """May be called in any thread."""
        if self.loop is not None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._deliver, user_id, change)

    def _deliver(self, user_id: str, change: Change) -> None:
        for queue in self.listeners.get(user_id, ()):
            if queue.qsize() >= MAX_WAITING_CHANGES - 1:
                # This one does not read. It will connect again and load the list.
                if not queue.full():
                    queue.put_nowait(None)
            else:
                queue.put_nowait(change)


class TaskStore:
    def __init__(self, database: Database, files: Path) -> None:
        files.mkdir(parents=True, exist_ok=True)
        self.database = database
        self.files = files
        self.changes = Changes()

    def list(self, user_id: str, done: bool | None = None) -> list[TaskRecord]:
        with self.database.connect() as db:
            rows = db.execute(
                "SELECT * FROM tasks WHERE user_id = ? AND (? IS NULL OR done = ?) ORDER BY id LIMIT ?",
                (user_id, done, done, MAX_TASKS),
            ).fetchall()
            return [_to_task(db, row) for row in rows]

    def get(self, user_id: str, task_id: int) -> TaskRecord | None:
        with self.database.connect() as db:
            row = db.execute("SELECT * FROM tasks WHERE user_id = ? AND id = ?", (user_id, task_id)).fetchone()
            return row and _to_task(db, row)

    def add(self, user_id: str, title: str) -> TaskRecord:
        with self.database.connect() as db:
            row = db.execute(
                "INSERT INTO tasks (user_id, title, created_at, updated_at) VALUES (?, ?, ?, ?) RETURNING *",
                (user_id, title, now(), now()),
            ).fetchone()
            task = _to_task(db, row)
        self.changes.tell(user_id, Change("task.created", task))
        return task

    def change(
        self, user_id: str, task_id: int, title: str | None = None, done: bool | None = None
    ) -> TaskRecord | None:
        with self.database.connect() as db:
            row = db.execute(
                "UPDATE tasks SET title = coalesce(?, title), done = coalesce(?, done), updated_at = ?"
                " WHERE user_id = ? AND id = ? RETURNING *",
                (title, done, now(), user_id, task_id),
            ).fetchone()
            task = row and _to_task(db, row)
        if task is not None:
            self.changes.tell(user_id, Change("task.updated", task))
        return task

    def delete(self, user_id: str, task_id: int) -> TaskRecord | None:
        task = self.get(user_id, task_id)
        if task is None:
            return None
        with self.database.connect() as db:
            db.execute("DELETE FROM tasks WHERE user_id = ? AND id = ?", (user_id, task_id))
        for file in task["files"]:
            self.file_path(file["id"]).unlink(missing_ok=True)
        self.changes.tell(user_id, Change("task.deleted", task))
        return task

    def add_file(self, user_id: str, task_id: int, file: dict[str, Any]) -> bool:
        """False when the task is gone."""
        with self.database.connect() as db:
            added = db.execute(
                "INSERT INTO files SELECT :id, tasks.id, :name, :content_type, :size FROM tasks"
                " WHERE tasks.user_id = :user_id AND tasks.id = :task_id",
                {**file, "user_id": user_id, "task_id": task_id},
            )
            return added.rowcount == 1

    def file_path(self, file_id: str) -> Path:
        return self.files / file_id


def _to_task(db: sqlite3.Connection, row: sqlite3.Row) -> TaskRecord:
    files = db.execute("SELECT id, name, content_type, size FROM files WHERE task_id = ?", (row["id"],))
    return {
        "id": row["id"],
        "title": row["title"],
        "done": bool(row["done"]),
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "files": [dict(file) for file in files],
    }
