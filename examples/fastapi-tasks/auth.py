"""Users and sign-in: a short-lived JWT for every request, and an opaque refresh token that is spent once."""

import hashlib
import secrets
import sqlite3
import time
from typing import Annotated, Any

import jwt
from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel, Field

from database import Database
from gateway_auth import GatewayAuth, GatewayCaller
from passwords import hash_password, is_password
from settings import Settings

ALGORITHM = "HS256"
ISSUER = AUDIENCE = "fastapi-tasks"
DEMO_USERS = [("ada", "Ada Lovelace", "ada-password"), ("grace", "Grace Hopper", "grace-password")]

# Signing in as nobody takes as long as signing in with a wrong password.
NOBODY_HASH = hash_password(secrets.token_hex())

router = APIRouter(prefix="/auth", tags=["auth"])
oauth2 = OAuth2PasswordBearer(tokenUrl="auth/token", refreshUrl="auth/refresh")


class User(BaseModel):
    id: str
    username: str | None
    name: str


class NewUser(BaseModel):
    username: str = Field(min_length=1, max_length=100)
    password: str = Field(min_length=10, max_length=200)
    name: str = Field(default="", max_length=100)


class RefreshRequest(BaseModel):
    refresh_token: str = Field(max_length=200)


class TokenResponse(BaseModel):
    access_token: str
    refresh_token: str
    token_type: str = "bearer"
    expires_in: int = Field(description="Seconds until the access token expires.")


def unauthorized(detail: str) -> HTTPException:
    challenge = 'Bearer error="invalid_token"'
    return HTTPException(401, detail, headers={"WWW-Authenticate": challenge, "Cache-Control": "no-store"})


def current_user(request: Request, token: Annotated[str, Depends(oauth2)]) -> User:
    """The caller: by a token of this service, or by one of the gateway when TASKS_GATEWAY_JWKS_URL is set."""
    settings: Settings = request.app.state.settings
    gateway: GatewayAuth | None = request.app.state.gateway_auth
    try:
        if gateway is not None and jwt.get_unverified_header(token).get("alg") != ALGORITHM:
            caller = gateway(HTTPAuthorizationCredentials(scheme="Bearer", credentials=token))
            # Who has signed in here and came by way of the gateway is that user; everybody else is somebody else.
            if caller.issuer == ISSUER:
                return _own_user(request.app.state.database, caller.subject)
            return _known_user(request.app.state.database, caller)
        claims = jwt.decode(
            token,
            settings.secret,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": ["exp", "iat", "sub"]},
        )
    except jwt.PyJWTError as error:
        raise unauthorized("The access token is invalid or has expired") from error
    return _own_user(request.app.state.database, claims["sub"])


CurrentUser = Annotated[User, Depends(current_user)]


@router.post("/register", status_code=201)
def register(request: Request, new: NewUser) -> User:
    try:
        with request.app.state.database.connect() as db:
            return add_user(db, new.username, new.name or new.username, new.password)
    except sqlite3.IntegrityError as error:
        raise HTTPException(409, "This username is taken") from error


@router.post("/token")
def sign_in(
    request: Request, response: Response, form: Annotated[OAuth2PasswordRequestForm, Depends()]
) -> TokenResponse:
    with request.app.state.database.connect() as db:
        row = db.execute("SELECT * FROM users WHERE username = ?", (form.username,)).fetchone()
        stored = (row and row["password_hash"]) or NOBODY_HASH
        if not is_password(form.password, stored) or row is None:
            raise HTTPException(401, "Incorrect username or password", headers={"WWW-Authenticate": "Bearer"})
        response.headers["Cache-Control"] = "no-store"
        return _issue(db, request.app.state.settings, row, family=secrets.token_hex(16))


@router.post("/refresh")
def refresh(request: Request, response: Response, body: RefreshRequest) -> TokenResponse:
    with request.app.state.database.connect() as db:
        # Two refreshes with one token must not both find it unspent.
        db.execute("BEGIN IMMEDIATE")
        spent = db.execute(
            "UPDATE refresh_tokens SET spent = 1 WHERE hash = ? AND spent = 0 AND expires_at > ? RETURNING *",
            (_hash(body.refresh_token), int(time.time())),
        ).fetchone()
        if spent is not None:
            user = db.execute("SELECT * FROM users WHERE id = ?", (spent["user_id"],)).fetchone()
            response.headers["Cache-Control"] = "no-store"
            return _issue(db, request.app.state.settings, user, spent["family"])
        # A token that is used again may have been stolen: everybody who holds one of its family signs in anew.
        _end_family(db, body.refresh_token)
    raise unauthorized("The refresh token is invalid, expired or already used")


@router.post("/logout", status_code=204)
def sign_out(request: Request, body: RefreshRequest) -> None:
    """Ends the refresh token. The access token stays good until it expires, a few minutes later."""
    with request.app.state.database.connect() as db:
        _end_family(db, body.refresh_token)


@router.get("/me")
def who_am_i(user: CurrentUser) -> User:
    return user


def add_user(db: sqlite3.Connection, username: str, name: str, password: str) -> User:
    user = User(id=f"user_{secrets.token_hex(12)}", username=username, name=name)
    db.execute("INSERT INTO users VALUES (?, ?, ?, ?)", (user.id, username, name, hash_password(password)))
    return user


def add_demo_users(database: Database) -> None:
    with database.connect() as db:
        for username, name, password in DEMO_USERS:
            if db.execute("SELECT 1 FROM users WHERE username = ?", (username,)).fetchone() is None:
                add_user(db, username, name, password)


def _own_user(database: Database, user_id: str) -> User:
    with database.connect() as db:
        row = db.execute("SELECT id, username, name FROM users WHERE id = ?", (user_id,)).fetchone()
    if row is None:
        raise unauthorized("The user of this token does not exist any more")
    return User(**row)


def _known_user(database: Database, caller: GatewayCaller) -> User:
    """A user whom only the gateway knows gets a row without a password at the first request."""
    key = caller.user_key
    with database.connect() as db:
        db.execute("INSERT OR IGNORE INTO users VALUES (?, NULL, ?, NULL)", (key, caller.subject))
        return User(**db.execute("SELECT id, username, name FROM users WHERE id = ?", (key,)).fetchone())


def _issue(db: sqlite3.Connection, settings: Settings, user: sqlite3.Row, family: str) -> TokenResponse:
    issued_at = int(time.time())
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": user["id"],
        "name": user["name"],
        "preferred_username": user["username"],
        "iat": issued_at,
        "exp": issued_at + settings.access_token_seconds,
        "jti": secrets.token_hex(8),
    }
    refresh_token = secrets.token_urlsafe(32)
    db.execute("DELETE FROM refresh_tokens WHERE expires_at <= ?", (issued_at,))
    db.execute(
        "INSERT INTO refresh_tokens (hash, family, user_id, expires_at) VALUES (?, ?, ?, ?)",
        (_hash(refresh_token), family, user["id"], issued_at + settings.refresh_token_seconds),
    )
    access_token = jwt.encode(claims, settings.secret, algorithm=ALGORITHM)
    return TokenResponse(
        access_token=access_token, refresh_token=refresh_token, expires_in=settings.access_token_seconds
    )


def _end_family(db: sqlite3.Connection, refresh_token: str) -> None:
    db.execute(
        "DELETE FROM refresh_tokens WHERE family IN (SELECT family FROM refresh_tokens WHERE hash = ?)",
        (_hash(refresh_token),),
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
