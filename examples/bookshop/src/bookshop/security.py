"""Passwords, tokens and signatures. Knows nothing of requests."""

import hashlib
import hmac
from datetime import timedelta

import jwt
from pwdlib import PasswordHash
from starlette.concurrency import run_in_threadpool

from bookshop.models.base import now
from bookshop.settings import Settings

ALGORITHM = "HS256"
PURPOSE = "bookshop:access"

password_hasher = PasswordHash.recommended()

# Checked when an account is unknown, so that the answer takes as long as for a known one.
DUMMY_HASH = password_hasher.hash("no account has this password")


async def hash_password(password: str) -> str:
    """The hash to store; takes long on purpose, so it runs in a worker thread."""
    return await run_in_threadpool(password_hasher.hash, password)


async def password_matches(password: str, password_hash: str) -> bool:
    """Whether this is the password; runs in a worker thread too."""
    return await run_in_threadpool(password_hasher.verify, password, password_hash)


def issue_token(customer_id: int, settings: Settings) -> str:
    """An access token for an account."""
    issued = now()
    claims = {
        "sub": str(customer_id),
        "iss": settings.token_issuer,
        "aud": PURPOSE,
        "iat": issued,
        "exp": issued + timedelta(minutes=settings.token_minutes),
    }
    return jwt.encode(claims, settings.token_key.get_secret_value(), algorithm=ALGORITHM)


def read_token(token: str, settings: Settings) -> int | None:
    """The account that a token stands for, or nothing if it is forged, expired or of another kind."""
    try:
        claims = jwt.decode(
            token,
            settings.token_key.get_secret_value(),
            algorithms=[ALGORITHM],
            audience=PURPOSE,
            issuer=settings.token_issuer,
            options={"require": ["sub", "exp", "iat"]},
        )
        return int(claims["sub"])
    except (jwt.InvalidTokenError, ValueError):
        return None


def signature_matches(body: bytes, signature: str, key: str) -> bool:
    """Whether a message was signed with our shared key."""
    expected = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())
