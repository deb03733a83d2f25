"""Accepts the short-lived tokens that ChatKit Gateway mints for a service: `upstreams.<name>.credentials: mint`.

Copy this file into a FastAPI application; it needs nothing but `pip install "PyJWT[crypto]"`.

    gateway = GatewayAuth("http://127.0.0.1:8080/.well-known/jwks.json", "chatkit-gateway", "my-service")

    @app.get("/hello")
    def hello(caller: Annotated[GatewayCaller, Depends(gateway)]): ...

Store what belongs to a user under `caller.user_key`. A subject names somebody only together with its issuer: where the
gateway takes tokens of several issuers, `user_7` of one is not `user_7` of another.
"""

import json
from dataclasses import dataclass
from typing import Annotated

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


@dataclass(frozen=True)
class GatewayCaller:
    issuer: str
    """Who signed the user in: the gateway itself, or one of its `auth.issuers`."""
    subject: str
    tenant: str | None
    scopes: frozenset[str]
    thread_id: str | None
    run_id: str | None

    @property
    def user_key(self) -> str:
        """Issuer and subject in one text, as `{{user_key}}` of the gateway has it."""
        return json.dumps([self.issuer, self.subject], separators=(",", ":"), ensure_ascii=False)


class GatewayAuth:
    def __init__(self, jwks_url: str, issuer: str, audience: str) -> None:
        self.keys = jwt.PyJWKClient(jwks_url, lifespan=300, timeout=5)
        self.rules = {"issuer": issuer, "audience": audience, "algorithms": ["EdDSA", "ES256"], "leeway": 5}

    def __call__(self, credentials: Credentials) -> GatewayCaller:
        # Not `async`: fetching the keys may wait for the network, and FastAPI runs a plain function in a thread.
        try:
            return self.verify(credentials.credentials if credentials else "")
        except jwt.PyJWKClientConnectionError as error:
            raise HTTPException(503, "The keys of the gateway cannot be fetched") from error
        except jwt.PyJWTError as error:
            challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            raise HTTPException(401, "The token is not valid here", headers=challenge) from error

    def verify(self, token: str) -> GatewayCaller:
        """Raises jwt.PyJWTError unless the gateway made this token for this service, and it has not expired."""
        key = self.keys.get_signing_key_from_jwt(token)
        required = ["exp", "iat", "iss", "aud", "sub", "user_issuer"]
        claims = jwt.decode(token, key, options={"require": required}, **self.rules)
        return GatewayCaller(
            issuer=claims["user_issuer"],
            subject=claims["sub"],
            tenant=claims.get("tenant"),
            scopes=frozenset(claims.get("scope", "").split()),
            thread_id=claims.get("thread_id"),
            run_id=claims.get("run_id"),
        )
