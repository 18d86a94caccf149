"""Tokens that another server signs, as Better Auth does: verified by the public keys that it publishes.

A key says by its kind which algorithm it is for; the header of a token is only compared with that, never followed. Keys
are kept until the issuer publishes others: while it is down, those that were known go on holding.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

import httpx2
import jwt

from kirotodo.core.addresses import mounts_for
from kirotodo.core.errors import NotSignedIn, Unreachable
from kirotodo.server.auth.tokens import NOT_VALID, TOKEN_MAX, check_times, verified

log = logging.getLogger(__name__)

PATH: Final = "/api/auth/jwks"
COOL_DOWN_SECONDS: Final = 10.0
"""How long after one look at the keys an unknown one is not looked for again."""
STALE_SECONDS: Final = 300.0
"""After how long keys are looked at again although all are known, so that one that was withdrawn goes."""
TIMEOUT_SECONDS: Final = 5.0
KEYS_MAX_BYTES: Final = 256 * 1024
RSA_BITS_MIN: Final = 2048
_KINDS: Final[Mapping[tuple[object, object], str]] = {
    ("OKP", "Ed25519"): "EdDSA",
    ("EC", "P-256"): "ES256",
    ("RSA", None): "RS256",
}
"""Which algorithm a key is for, by its type and curve; a key of any other kind is passed over."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """A public key of the issuer."""

    algorithm: str
    public: jwt.PyJWK


@dataclass(frozen=True, kw_only=True, slots=True)
class IssuedIdentity:
    """The user that a token of the issuer names."""

    user_id: str
    email: str | None
    expires_at: float


class Issuer:
    """The issuer at `url`. Made once for a server, let go of by `aclose`."""

    def __init__(
        self, url: str, *, clock: Callable[[], datetime], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.url = url.rstrip("/")
        self._names = (self.url, f"{self.url}/")
        self._clock = clock
        self._monotonic = monotonic
        self._keys: Mapping[str, Key] = {}
        self._looked_at: float | None = None
        self._answers = False
        self._looking = asyncio.Lock()
        self._again: asyncio.Task[None] | None = None

    @cached_property
    def _client(self) -> httpx2.AsyncClient:
        """Return the client, made for the first look: reading certificates takes long."""
        return httpx2.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False, mounts=mounts_for(self.url))

    async def read(self, token: str) -> IssuedIdentity:
        """Whose token it is. Raises `NotSignedIn`, and `Unreachable` where the key to tell by cannot be had."""
        key = await self._key(_kid(token))
        try:
            claims = verified(token, key.public, algorithm=key.algorithm, audiences=self._names, issuers=self._names)
        except jwt.InvalidSignatureError:
            raise NotSignedIn(NOT_VALID) from None
        check_times(claims, self._clock())
        email = claims.get("email")
        return IssuedIdentity(
            user_id=claims["sub"], email=email if isinstance(email, str) else None, expires_at=claims["exp"]
        )

    async def aclose(self) -> None:
        """Close the connections to the issuer."""
        if self._again is not None:
            self._again.cancel()
            await asyncio.gather(self._again, return_exceptions=True)
        if "_client" in self.__dict__:
            await self._client.aclose()

    async def _key(self, kid: str) -> Key:
        if kid not in self._keys:
            async with self._looking:
                if kid not in self._keys and self._older_than(COOL_DOWN_SECONDS):
                    await self._look()
        elif self._older_than(STALE_SECONDS) and (self._again is None or self._again.done()):
            self._again = asyncio.create_task(self._look_again(), name="issuer's keys")
        if (key := self._keys.get(kid)) is not None:
            return key
        if self._answers:
            raise NotSignedIn(NOT_VALID)
        raise Unreachable(f"The keys of {self.url} can't be fetched right now. Try again in a moment.")

    def _older_than(self, seconds: float) -> bool:
        return self._looked_at is None or self._monotonic() - self._looked_at >= seconds

    async def _look_again(self) -> None:
        async with self._looking:
            await self._look()

    async def _look(self) -> None:
        """Fetch the keys; those known so far stay where that fails."""
        self._looked_at = self._monotonic()
        try:
            self._keys = _usable(await self._fetch())
        except (httpx2.HTTPError, ValueError, RecursionError) as error:
            if self._answers or not self._keys:
                log.warning("%s%s: no keys (%s: %s)", self.url, PATH, type(error).__name__, error)
            self._answers = False
        else:
            self._answers = True

    async def _fetch(self) -> object:
        async with self._client.stream("GET", f"{self.url}{PATH}") as answer:
            answer.raise_for_status()
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > KEYS_MAX_BYTES:
                    raise ValueError("it sends too much")
        return json.loads(bytes(body))


def _kid(token: str) -> str:
    try:
        kid = jwt.get_unverified_header(token).get("kid") if len(token) <= TOKEN_MAX else None
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        kid = None
    if not isinstance(kid, str) or not kid:
        raise NotSignedIn(NOT_VALID)
    return kid


def _usable(published: object) -> dict[str, Key]:
    """The keys that can verify something, by their ids. Raises `ValueError` where there are none."""
    found = published.get("keys") if isinstance(published, dict) else None
    entries = found if isinstance(found, list) else ()
    keys = {key.public.key_id: key for entry in entries if (key := _usable_key(entry)) is not None}
    if not keys:
        raise ValueError("none of its keys can be used")
    return {kid: key for kid, key in keys.items() if kid is not None}


def _usable_key(entry: object) -> Key | None:
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig" or not isinstance(entry.get("kid"), str):
        return None
    kind, curve = entry.get("kty"), entry.get("crv")
    algorithm = _KINDS.get((kind, curve)) if isinstance(curve, str | None) and isinstance(kind, str) else None
    if algorithm is None or entry.get("alg", algorithm) != algorithm:
        return None
    public_parts = {name: value for name, value in entry.items() if name not in ("d", "p", "q", "dp", "dq", "qi")}
    try:
        public = jwt.PyJWK(public_parts, algorithm)
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    if kind == "RSA" and public.key.key_size < RSA_BITS_MIN:
        return None
    return Key(algorithm=algorithm, public=public)
