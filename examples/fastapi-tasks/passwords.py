"""Password hashes: scrypt from the standard library, with the parameters and the salt beside the hash."""

import hashlib
import hmac
import secrets
from threading import BoundedSemaphore

N, R, P = 2**14, 8, 1
# Each hash takes 16 MiB: a burst of sign-ins waits instead of filling the memory.
at_once = BoundedSemaphore(4)


def hash_password(password: str) -> str:
    salt = secrets.token_bytes(16)
    return f"scrypt${N}${R}${P}${salt.hex()}${_scrypt(password, salt, N, R, P).hex()}"


def is_password(password: str, stored: str) -> bool:
    _, n, r, p, salt, expected = stored.split("$")
    actual = _scrypt(password, bytes.fromhex(salt), int(n), int(r), int(p))
    return hmac.compare_digest(actual, bytes.fromhex(expected))


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    with at_once:
        return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=64 * 1024 * 1024)
