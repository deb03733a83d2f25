"""Threads, items and attachments of ChatKit in SQLite. The context of every call names the user who owns them.

The methods are `async` because openai-chatkit wants them so, but none gives up control: a local SQLite answers in
microseconds, and a method that awaits would be cancelled before it saves the text of a reply that the user stops.
"""

import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import AnyUrl, BaseModel, TypeAdapter

from chatkit.store import AttachmentStore, NotFoundError, Store, StoreItemType
from chatkit.types import (
    Attachment,
    AttachmentCreateParams,
    AttachmentUploadDescriptor,
    FileAttachment,
    ImageAttachment,
    Page,
    ThreadItem,
    ThreadMetadata,
)
from database import Database

# What is shown in the page. Everything else, SVG and HTML above all, is only ever downloaded.
IMAGE_SIGNATURES = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
}
PREFIXES = {"message": "msg", "tool_call": "tc", "task": "tsk", "workflow": "wf", "sdk_hidden_context": "shcx"}
MAX_PAGE = 100

attachment_type: TypeAdapter[Attachment] = TypeAdapter(Attachment)
item_type: TypeAdapter[ThreadItem] = TypeAdapter(ThreadItem)


@dataclass(frozen=True)
class ChatKitContext:
    user_id: str
    base_url: str
    """The address that the browser of the user can reach."""


class ChatKitStore(Store[ChatKitContext]):
    def __init__(self, database: Database) -> None:
        self.database = database

    def generate_thread_id(self, context: ChatKitContext) -> str:
        return f"thr_{secrets.token_hex(16)}"

    def generate_item_id(self, item_type: StoreItemType, thread: ThreadMetadata, context: ChatKitContext) -> str:
        return f"{PREFIXES.get(item_type, 'item')}_{secrets.token_hex(16)}"

    async def load_thread(self, thread_id: str, context: ChatKitContext) -> ThreadMetadata:
        sql = "SELECT body FROM chatkit_threads WHERE id = ? AND user_id = ?"
        return ThreadMetadata.model_validate_json(self._one(sql, (thread_id, context.user_id)))

    async def save_thread(self, thread: ThreadMetadata, context: ChatKitContext) -> None:
        body = ThreadMetadata.model_validate(thread.model_dump(exclude={"items"})).model_dump_json()
        with self.database.connect() as db:
            saved = db.execute(
                "INSERT INTO chatkit_threads (id, user_id, body) VALUES (?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET body = excluded.body WHERE user_id = excluded.user_id",
                (thread.id, context.user_id, body),
            )
            if saved.rowcount == 0:
                raise NotFoundError(thread.id)

    async def load_threads(
        self, limit: int, after: str | None, order: str, context: ChatKitContext
    ) -> Page[ThreadMetadata]:
        rows, page = self._page("chatkit_threads", "user_id", context.user_id, after, limit, order)
        return Page(data=[ThreadMetadata.model_validate_json(row) for row in rows], **page)

    async def delete_thread(self, thread_id: str, context: ChatKitContext) -> None:
        sql = "DELETE FROM chatkit_threads WHERE id = ? AND user_id = ? RETURNING id"
        self._one(sql, (thread_id, context.user_id))

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: ChatKitContext
    ) -> Page[ThreadItem]:
        await self.load_thread(thread_id, context)
        rows, page = self._page("chatkit_items", "thread_id", thread_id, after, limit, order)
        return Page(data=[item_type.validate_json(row) for row in rows], **page)

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: ChatKitContext) -> None:
        await self.save_item(thread_id, item, context)

    async def save_item(self, thread_id: str, item: ThreadItem, context: ChatKitContext) -> None:
        await self.load_thread(thread_id, context)
        with self.database.connect() as db:
            db.execute(
                "INSERT INTO chatkit_items (thread_id, id, body) VALUES (?, ?, ?)"
                " ON CONFLICT (thread_id, id) DO UPDATE SET body = excluded.body",
                (thread_id, item.id, item.model_dump_json()),
            )

    async def load_item(self, thread_id: str, item_id: str, context: ChatKitContext) -> ThreadItem:
        await self.load_thread(thread_id, context)
        sql = "SELECT body FROM chatkit_items WHERE thread_id = ? AND id = ?"
        return item_type.validate_json(self._one(sql, (thread_id, item_id)))

    async def delete_thread_item(self, thread_id: str, item_id: str, context: ChatKitContext) -> None:
        await self.load_thread(thread_id, context)
        with self.database.connect() as db:
            db.execute("DELETE FROM chatkit_items WHERE thread_id = ? AND id = ?", (thread_id, item_id))

    async def save_attachment(self, attachment: Attachment, context: ChatKitContext) -> None:
        with self.database.connect() as db:
            saved = db.execute(
                "INSERT INTO chatkit_attachments VALUES (?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET body = excluded.body WHERE user_id = excluded.user_id",
                (attachment.id, context.user_id, attachment.model_dump_json()),
            )
            if saved.rowcount == 0:
                raise NotFoundError(attachment.id)

    async def load_attachment(self, attachment_id: str, context: ChatKitContext) -> Attachment:
        sql = "SELECT body FROM chatkit_attachments WHERE id = ? AND user_id = ?"
        return attachment_type.validate_json(self._one(sql, (attachment_id, context.user_id)))

    async def delete_attachment(self, attachment_id: str, context: ChatKitContext) -> None:
        with self.database.connect() as db:
            db.execute("DELETE FROM chatkit_attachments WHERE id = ? AND user_id = ?", (attachment_id, context.user_id))

    def owner_of_attachment(self, attachment_id: str) -> str:
        return self._one("SELECT user_id FROM chatkit_attachments WHERE id = ?", (attachment_id,))

    def save_feedback(self, thread_id: str, item_ids: list[str], kind: str, context: ChatKitContext) -> None:
        with self.database.connect() as db:
            db.executemany(
                "INSERT OR REPLACE INTO chatkit_feedback VALUES (?, ?, ?, ?)",
                [(context.user_id, thread_id, item_id, kind) for item_id in item_ids],
            )

    def _one(self, sql: str, values: tuple[Any, ...]) -> Any:
        with self.database.connect() as db:
            # All rows are read, because a change only happens as its RETURNING rows are.
            rows = db.execute(sql, values).fetchall()
        if not rows:
            raise NotFoundError("There is no such record")
        return rows[0][0]

    def _page(
        self, table: str, owner_column: str, owner: str, after: str | None, limit: int, order: str
    ) -> tuple[list[str], dict[str, Any]]:
        limit = max(1, min(limit, MAX_PAGE))
        compare, direction = ("<", "DESC") if order == "desc" else (">", "ASC")
        with self.database.connect() as db:
            start = 0 if order != "desc" else 2**62
            if after is not None:
                found = db.execute(
                    f"SELECT seq FROM {table} WHERE {owner_column} = ? AND id = ?", (owner, after)
                ).fetchone()
                if found is None:
                    raise NotFoundError(after)
                start = found["seq"]
            rows = db.execute(
                f"SELECT id, body FROM {table} WHERE {owner_column} = ? AND seq {compare} ?"
                f" ORDER BY seq {direction} LIMIT ?",
                (owner, start, limit + 1),
            ).fetchall()
        has_more = len(rows) > limit
        page = rows[:limit]
        return [row["body"] for row in page], {"has_more": has_more, "after": page[-1]["id"] if has_more else None}


class UploadError(Exception):
    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Attachments(AttachmentStore[ChatKitContext]):
    """Two-phase uploads: a record first, then its bytes at an address that only this user was told."""

    def __init__(self, store: ChatKitStore, folder: Path, max_bytes: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.store = store
        self.folder = folder
        self.max_bytes = max_bytes

    async def create_attachment(self, input: AttachmentCreateParams, context: ChatKitContext) -> Attachment:
        if not 0 <= input.size <= self.max_bytes:
            raise UploadError(413, f"An attachment may have {self.max_bytes} bytes at most")
        attachment_id, key = f"atc_{secrets.token_hex(16)}", secrets.token_urlsafe(24)
        url = AnyUrl(f"{context.base_url}/chatkit/attachments/{attachment_id}/content?key={key}")
        record: dict[str, Any] = {
            "id": attachment_id,
            "name": os.path.basename(input.name.replace("\\", "/"))[:200] or "file",
            "mime_type": input.mime_type,
            "upload_descriptor": AttachmentUploadDescriptor(url=url, method="POST"),
            "metadata": {"key": key, "size": input.size},
        }
        if input.mime_type in IMAGE_SIGNATURES:
            return ImageAttachment(preview_url=url, **record)
        return FileAttachment(**record)

    async def delete_attachment(self, attachment_id: str, context: ChatKitContext) -> None:
        await self.store.load_attachment(attachment_id, context)
        self.path(attachment_id).unlink(missing_ok=True)

    def path(self, attachment_id: str) -> Path:
        return self.folder / attachment_id

    async def find(self, attachment_id: str, key: str) -> tuple[Attachment, ChatKitContext]:
        """The attachment that this key opens, whoever asks."""
        context = ChatKitContext(self.store.owner_of_attachment(attachment_id), "")
        attachment = await self.store.load_attachment(attachment_id, context)
        if not secrets.compare_digest((attachment.metadata or {}).get("key", "").encode(), key.encode()):
            raise NotFoundError(attachment_id)
        return attachment, context

    async def receive(self, attachment_id: str, key: str, chunks: AsyncIterator[bytes]) -> Attachment:
        attachment, context = await self.find(attachment_id, key)
        if attachment.upload_descriptor is None:
            raise UploadError(409, "This attachment has been uploaded already")
        announced = (attachment.metadata or {})["size"]
        partial = self.folder / f"{attachment_id}.{secrets.token_hex(4)}.part"
        try:
            size, head = 0, b""
            with partial.open("wb") as target:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > announced:
                        raise UploadError(413, f"The attachment was announced with {announced} bytes")
                    head = head or chunk[:16]
                    target.write(chunk)
            signatures = IMAGE_SIGNATURES.get(attachment.mime_type)
            if signatures and not head.startswith(signatures):
                raise UploadError(415, f"This is not {attachment.mime_type}")
            os.replace(partial, self.path(attachment_id))
        finally:
            partial.unlink(missing_ok=True)
        uploaded = attachment.model_copy(update={"upload_descriptor": None})
        await self.store.save_attachment(uploaded, context)
        return uploaded


def can_be_shown(attachment: BaseModel) -> bool:
    return getattr(attachment, "mime_type", "") in IMAGE_SIGNATURES
