"""Tokens of sign-ins to servers, and where they are kept.

`KIROTODO_TOKEN` comes first, then the system keyring, then a file that only its owner can read. With
`KIROTODO_CREDENTIALS=memory` they last as long as the program.
"""

import asyncio
import base64
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, field
from pathlib import Path
from typing import Any, Final, Self

from kirotodo.client.accounts.address import Address
from kirotodo.core import agent_tokens
from kirotodo.core.errors import ConfigError, InvalidInput, NotSignedIn, OperatorError
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.secrets import PATIENCE_SECONDS, KeyringTrouble, SecretStore, Stored

TOKEN: Final = "KIROTODO_TOKEN"
PLACE: Final = "KIROTODO_CREDENTIALS"
FILE: Final = "credentials.json"
KIND: Final = "server"
PLACES: Final = ("keyring", "memory")
TOKEN_MAX: Final = 8_000
_JWT: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredTokens:
    """The user and tokens of a sign-in. `expires_at` is in seconds since the epoch, None where it is not known.

    Without `refresh_token` the sign-in ends with its access token.
    """

    access_token: str = field(repr=False)
    user_id: str
    email: str = ""
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: float | None = None

    @classmethod
    def of_token(cls, text: str) -> Self:
        """Return the sign-in of an access token that was pasted or set. Raises `InvalidInput`, never with the token."""
        token = text.strip().removeprefix("Bearer ").strip()
        if agent_tokens.is_agent_token(token):
            return cls(access_token=token, user_id=_user_of_agent(token))
        claims = _claims(token)
        user_id = claims.get("sub")
        if not isinstance(user_id, str) or not user_id:
            raise InvalidInput("That isn't a valid kirotodo token (a JWT has two dots in it).")
        expires, email = claims.get("exp"), claims.get("email")
        return cls(
            access_token=token,
            user_id=user_id,
            email=email if isinstance(email, str) else "",
            expires_at=float(expires) if isinstance(expires, int | float) else None,
        )


def _user_of_agent(token: str) -> str:
    try:
        return agent_tokens.read(token).user_id
    except NotSignedIn:
        raise InvalidInput("That isn't a whole agent's token. Copy all of it.") from None


def _claims(token: str) -> Mapping[str, Any]:
    """What a token says about itself. Whether that is true is for the server to check."""
    if len(token) > TOKEN_MAX or not _JWT.fullmatch(token):
        return {}
    payload = token.split(".")[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


class Credentials:
    """Reads, stores and deletes sign-ins by server. `folder` is the one of config.toml."""

    def __init__(
        self,
        folder: Path,
        *,
        environment: Mapping[str, str] = os.environ,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._environment = environment
        self._store = SecretStore(folder / FILE, kind=KIND, patience=patience)
        self._memory: dict[str, StoredTokens] = {}

    @property
    def from_environment(self) -> bool:
        """Return whether `KIROTODO_TOKEN` is set, which then wins."""
        return bool(self._environment.get(TOKEN, "").strip())

    @property
    def user_of_environment(self) -> str | None:
        """Return the user id in `KIROTODO_TOKEN`; None where it is not set or not a token."""
        try:
            return StoredTokens.of_token(self._environment[TOKEN]).user_id if self.from_environment else None
        except InvalidInput:
            return None

    async def read(self, address: Address) -> StoredTokens | None:
        """Return the sign-in, None where there is none.

        Raises `NotSignedIn` where the keyring cannot be read, and `InvalidInput` where `KIROTODO_TOKEN` is not a token.
        """
        if self.from_environment:
            try:
                return StoredTokens.of_token(self._environment[TOKEN])
            except InvalidInput as error:
                raise InvalidInput(f"{TOKEN}: {error.message}") from None
        if self._place == "memory":
            return self._memory.get(address.url)
        try:
            return _tokens(await asyncio.to_thread(self._store.read, address.url))
        except KeyringTrouble as trouble:
            raise NotSignedIn(
                f"Your sign-in to {address.host} can't be read: {trouble}. Unlock the keyring, or sign in again."
            ) from None

    async def store(self, address: Address, tokens: StoredTokens) -> Stored:
        """Store a sign-in and return where. Raises `OperatorError` if it cannot be stored anywhere."""
        if self._place == "memory":
            self._memory[address.url] = tokens
            return Stored(place="memory")
        return await asyncio.to_thread(self._store.store, address.url, json.dumps(asdict(tokens)))

    async def delete(self, address: Address) -> bool:
        """Delete a sign-in; return False where there was none. Raises `OperatorError` if the keyring refuses."""
        if self._place == "memory":
            return self._memory.pop(address.url, None) is not None
        try:
            return await asyncio.to_thread(self._store.delete, address.url)
        except KeyringTrouble as trouble:
            raise OperatorError(f"Can't check the keyring for your sign-in to {address.host}: {trouble}.") from None

    @property
    def _place(self) -> str:
        place = self._environment.get(PLACE, "").strip().lower() or "keyring"
        if place not in PLACES:
            raise ConfigError(f"{PLACE} is {place!r}; it should be one of {', '.join(PLACES)}.")
        return place


def _tokens(text: str | None) -> StoredTokens | None:
    """What was stored; nothing where it makes no sense, so that one can sign in anew."""
    try:
        raw = json.loads(text or "null")
        tokens = StoredTokens(**raw) if isinstance(raw, dict) else None
    except (ValueError, TypeError):
        return None
    return tokens if tokens is not None and tokens.access_token and tokens.user_id else None
