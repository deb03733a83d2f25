"""What the environment may set. Everything has a default, so that the service starts on its own."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path

DEVELOPMENT_SECRET = "development-only-secret-never-use-in-production"
MIN_SECRET_BYTES = 32


@dataclass(frozen=True)
class Settings:
    secret: str
    data_dir: Path
    public_url: str | None
    access_token_seconds: int
    refresh_token_seconds: int
    max_upload_bytes: int
    token_delay_ms: int
    heartbeat_seconds: float
    demo_users: bool
    gateway_jwks_url: str | None
    gateway_issuer: str
    gateway_audience: str


def read_settings() -> Settings:
    secret = os.environ.get("TASKS_JWT_SECRET", DEVELOPMENT_SECRET)
    if len(secret.encode()) < MIN_SECRET_BYTES:
        raise SystemExit(f"TASKS_JWT_SECRET must have at least {MIN_SECRET_BYTES} bytes")
    is_development = secret == DEVELOPMENT_SECRET
    if is_development:
        logging.getLogger("uvicorn.error").warning(
            "TASKS_JWT_SECRET is not set: tokens are signed with the development secret, which everybody knows"
        )
    return Settings(
        secret=secret,
        data_dir=Path(os.environ.get("TASKS_DATA_DIR", Path(__file__).parent / "data")),
        public_url=os.environ.get("TASKS_PUBLIC_URL", "").rstrip("/") or None,
        access_token_seconds=_number("TASKS_ACCESS_TOKEN_SECONDS", 900),
        refresh_token_seconds=_number("TASKS_REFRESH_TOKEN_SECONDS", 30 * 86_400),
        max_upload_bytes=_number("TASKS_MAX_UPLOAD_BYTES", 10_000_000),
        token_delay_ms=_number("TASKS_TOKEN_DELAY_MS", 30),
        heartbeat_seconds=_number("TASKS_HEARTBEAT_SECONDS", 15),
        demo_users=os.environ.get("TASKS_DEMO_USERS", "1" if is_development else "0") == "1",
        gateway_jwks_url=os.environ.get("TASKS_GATEWAY_JWKS_URL") or None,
        gateway_issuer=os.environ.get("TASKS_GATEWAY_ISSUER", "chatkit-gateway"),
        gateway_audience=os.environ.get("TASKS_GATEWAY_AUDIENCE", "fastapi-tasks"),
    )


def _number(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    if not text:
        return default
    if not text.isdecimal():
        raise SystemExit(f"{name} must be a whole number, and it is {text!r}")
    return int(text)
