"""The ChatKit endpoint, and where attachments are uploaded to and shown from."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response, UploadFile
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import ValidationError

from auth import CurrentUser
from chatkit.server import StreamingResult
from chatkit.store import NotFoundError
from chatkit.types import Attachment
from chatkit_server import RefusedError
from chatkit_store import Attachments, ChatKitContext, UploadError, can_be_shown

router = APIRouter(tags=["chatkit"])
HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
STREAM_ERROR = b'data: {"type":"error","code":"stream.error","allow_retry":false}\n\n'
Key = Annotated[str, Query(max_length=100)]


@router.post("/chatkit")
async def chatkit(request: Request, user: CurrentUser) -> Response:
    """The ChatKit protocol: `{"type": …, "params": …}`, answered by an event stream or by JSON."""
    base_url = request.app.state.settings.public_url or str(request.base_url).rstrip("/")
    try:
        result = await request.app.state.chatkit.process(
            await request.body(), ChatKitContext(user_id=user.id, base_url=base_url)
        )
        if not isinstance(result, StreamingResult):
            return Response(result.json, media_type="application/json")
        frames = aiter(result)
        # What is wrong with the request itself shows before the first event, while there still is a status to send.
        first = await anext(frames, None)
    except NotFoundError as error:
        raise HTTPException(404, "There is no such thread, item or attachment") from error
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        raise HTTPException(422, problems) from error
    except UploadError as error:
        raise HTTPException(error.status, error.detail) from error
    except RefusedError as error:
        raise HTTPException(409, str(error)) from error
    except ValueError as error:
        raise HTTPException(409, "The thread is not in a state that allows this") from error
    if first is None:
        raise HTTPException(404, "There is no such item")
    return StreamingResponse(_from(first, frames), media_type="text/event-stream", headers=HEADERS)


async def _from(first: bytes, frames: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    try:
        async for frame in frames:
            yield frame
    except Exception:
        # openai-chatkit logs it and would cut the stream, which looks like a lost connection to the reader.
        yield STREAM_ERROR


@router.post("/chatkit/attachments/{attachment_id}/content")
async def upload_content(request: Request, attachment_id: str, file: UploadFile, key: Key = "") -> Response:
    """A multipart form with the field `file`. The key in the address is the permission."""

    async def chunks() -> AsyncIterator[bytes]:
        while chunk := await file.read(65_536):
            yield chunk

    attachments: Attachments = request.app.state.attachments
    try:
        uploaded = await attachments.receive(attachment_id, key, chunks())
    except NotFoundError as error:
        raise HTTPException(404, "There is no such attachment") from error
    except UploadError as error:
        raise HTTPException(error.status, error.detail) from error
    return Response(_public_json(uploaded), media_type="application/json")


@router.get("/chatkit/attachments/{attachment_id}/content")
async def show_content(request: Request, attachment_id: str, key: Key = "") -> FileResponse:
    attachments: Attachments = request.app.state.attachments
    try:
        attachment, _ = await attachments.find(attachment_id, key)
    except NotFoundError as error:
        raise HTTPException(404, "There is no such attachment") from error
    path = attachments.path(attachment.id)
    if not path.exists():
        raise HTTPException(404, "This attachment has not been uploaded")
    shown = can_be_shown(attachment)
    return FileResponse(
        path,
        media_type=attachment.mime_type if shown else "application/octet-stream",
        filename=attachment.name,
        content_disposition_type="inline" if shown else "attachment",
        headers={"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"},
    )


def _public_json(attachment: Attachment) -> str:
    return attachment.model_dump_json(exclude_none=True, exclude={"metadata"})
