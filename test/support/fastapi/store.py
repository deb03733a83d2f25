"""A store in memory whose every method really gives up control, as one over a network does."""

import asyncio
from typing import Any, TypeVar

from chatkit.store import NotFoundError, Store
from chatkit.types import Attachment, Page, ThreadItem, ThreadMetadata

Record = TypeVar("Record")


def page_of(records: list[Record], ids: list[str], limit: int, after: str | None, order: str) -> Page[Record]:
    if order == "desc":
        records, ids = records[::-1], ids[::-1]
    start = ids.index(after) + 1 if after in ids else 0
    data = records[start : start + limit]
    has_more = start + limit < len(records)
    return Page(data=data, has_more=has_more, after=ids[start + len(data) - 1] if has_more and data else None)


class MemoryStore(Store[Any]):
    def __init__(self) -> None:
        self.threads: dict[str, ThreadMetadata] = {}
        self.items: dict[str, dict[str, ThreadItem]] = {}
        self.attachments: dict[str, Attachment] = {}

    async def pause(self) -> None:
        await asyncio.sleep(0.001)

    async def load_thread(self, thread_id: str, context: Any) -> ThreadMetadata:
        await self.pause()
        if thread_id not in self.threads:
            raise NotFoundError(thread_id)
        return self.threads[thread_id].model_copy(deep=True)

    async def save_thread(self, thread: ThreadMetadata, context: Any) -> None:
        await self.pause()
        # A new thread comes with its items, which are kept elsewhere.
        self.threads[thread.id] = ThreadMetadata(**thread.model_dump(exclude={"items"}))
        self.items.setdefault(thread.id, {})

    async def load_threads(self, limit: int, after: str | None, order: str, context: Any) -> Page[ThreadMetadata]:
        await self.pause()
        return page_of(list(self.threads.values()), list(self.threads), limit, after, order)

    async def delete_thread(self, thread_id: str, context: Any) -> None:
        await self.load_thread(thread_id, context)
        del self.threads[thread_id], self.items[thread_id]

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: Any
    ) -> Page[ThreadItem]:
        await self.load_thread(thread_id, context)
        items = self.items[thread_id]
        return page_of(list(items.values()), list(items), limit, after, order)

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: Any) -> None:
        await self.pause()
        self.items[thread_id][item.id] = item

    async def save_item(self, thread_id: str, item: ThreadItem, context: Any) -> None:
        await self.add_thread_item(thread_id, item, context)

    async def load_item(self, thread_id: str, item_id: str, context: Any) -> ThreadItem:
        await self.load_thread(thread_id, context)
        if item_id not in self.items[thread_id]:
            raise NotFoundError(item_id)
        return self.items[thread_id][item_id]

    async def delete_thread_item(self, thread_id: str, item_id: str, context: Any) -> None:
        await self.pause()
        self.items[thread_id].pop(item_id, None)

    async def save_attachment(self, attachment: Attachment, context: Any) -> None:
        await self.pause()
        self.attachments[attachment.id] = attachment

    async def load_attachment(self, attachment_id: str, context: Any) -> Attachment:
        await self.pause()
        if attachment_id not in self.attachments:
            raise NotFoundError(attachment_id)
        return self.attachments[attachment_id]

    async def delete_attachment(self, attachment_id: str, context: Any) -> None:
        await self.pause()
        self.attachments.pop(attachment_id, None)
