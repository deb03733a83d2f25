"""Tasks: a small FastAPI application with users, tasks and a chat.

    uvicorn app:app --port 8000
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

import auth
import chat
import chatkit_routes
import tasks
from assistant import Assistant
from body_limit import BodyLimit
from chatkit_server import TasksChatKitServer
from chatkit_store import Attachments, ChatKitStore
from database import Database
from gateway_auth import GatewayAuth
from settings import Settings, read_settings
from task_store import TaskStore


def create_app(settings: Settings) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = Database(settings.data_dir / "tasks.db")
        if settings.demo_users:
            auth.add_demo_users(database)
        store = TaskStore(database, settings.data_dir / "files")
        assistant = Assistant(store, settings.token_delay_ms)
        chatkit_store = ChatKitStore(database)
        attachments = Attachments(chatkit_store, settings.data_dir / "attachments", settings.max_upload_bytes)
        app.state.settings = settings
        app.state.database = database
        app.state.gateway_auth = (
            GatewayAuth(settings.gateway_jwks_url, settings.gateway_issuer, settings.gateway_audience)
            if settings.gateway_jwks_url
            else None
        )
        app.state.tasks = store
        app.state.assistant = assistant
        app.state.attachments = attachments
        app.state.chatkit = TasksChatKitServer(chatkit_store, attachments, assistant)
        yield

    app = FastAPI(title="Tasks", version="1.0.0", lifespan=lifespan)
    # A form around the largest file, or a minute of dictation in base64, needs a little more than the file.
    app.add_middleware(BodyLimit, max_bytes=settings.max_upload_bytes + 1_000_000)
    for module in (auth, tasks, chat, chatkit_routes):
        app.include_router(module.router)

    @app.get("/health", tags=["service"])
    def health() -> dict[str, str]:
        return {"status": "ok"}

    return app


app = create_app(read_settings())
