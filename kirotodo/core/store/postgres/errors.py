"""What went wrong with PostgreSQL, as one sentence that says what to do.

None holds a password, a statement or a value: those stay in the driver's own errors.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ssl import SSLError
from typing import Any, Final

import asyncpg
from pydantic_core import PydanticSerializationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from kirotodo.core.errors import (
    ConfigError,
    Conflict,
    InvalidInput,
    KirotodoError,
    StorageBehind,
    StorageBusy,
    StorageDown,
    StorageError,
    StorageFull,
    StorageReadOnly,
)

_CONNECTION: Final = frozenset(
    {"08000", "08001", "08003", "08004", "08006", "57P01", "57P02", "57P03", "57P05", "25P03"}
)
"""The states of a connection that is gone, and of a server that goes or comes."""


def down(place: str) -> StorageDown:
    """Return the error for a database that does not answer."""
    return StorageDown(
        f"PostgreSQL doesn't answer for {place}. Check that it is running and reachable, then try again."
    )


def read_only(place: str) -> StorageReadOnly:
    """Return the error for a database that takes no writes."""
    return StorageReadOnly(f"{place} is read-only. Point DATABASE_URL at the primary server.")


def busy(place: str) -> StorageBusy:
    """Return the error for a database without a free connection."""
    return StorageBusy(f"{place} is overloaded. Try again in a moment.")


def behind(place: str, problem: str) -> StorageBehind:
    """Return the error for a database that has to be migrated first."""
    sentence = problem[0].upper() + problem[1:]
    return StorageBehind(f"{sentence} ({place}); `kirotodo db upgrade` migrates it.")


def state_of(error: BaseException | None) -> str:
    """PostgreSQL's own name of an error; "" for one of another origin."""
    return str(getattr(error, "sqlstate", None) or "")


def lost(error: BaseException) -> bool:
    """Whether the connection is gone, and another one may do better."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or (error.orig is not None and lost(error.orig))
    return state_of(error) in _CONNECTION or isinstance(error.__cause__ or error, OSError)


def translated(error: BaseException, place: str) -> KirotodoError | None:
    """The error of ours that this one of the driver, the pool or the network means; None for any other."""
    if isinstance(error, DBAPIError):
        return None if error.orig is None else translated(error.orig, place)
    if isinstance(error, PoolTimeout):
        return busy(place)
    if isinstance(error, PydanticSerializationError | UnicodeEncodeError):
        return _not_storable()
    cause: Any = error.__cause__ or error
    if state := state_of(error) or state_of(cause):
        return _of_state(state, place)
    if isinstance(cause, asyncpg.ClientConfigurationError | SSLError):
        return ConfigError(f"The way to reach {place} cannot be used ({_first_line(cause)}); look at DATABASE_URL.")
    if isinstance(cause, asyncpg.InterfaceError) and isinstance(cause, ValueError):
        return _not_storable()
    if isinstance(cause, ConnectionError) and "SSL" in str(cause):
        return ConfigError(f"PostgreSQL offers no TLS for {place}, but DATABASE_URL requires it with sslmode.")
    if isinstance(cause, OSError | asyncpg.InterfaceError | asyncpg.InternalClientError):
        return down(place)
    if isinstance(cause, asyncpg.PostgresError):
        return StorageError(f"PostgreSQL failed for {place}. See its log.")
    return None


def _of_state(state: str, place: str) -> KirotodoError:
    if state in _CONNECTION:
        return down(place)
    return (
        _of_one_state(state, place)
        or _of_class(state[:2], place)
        or StorageError(f"PostgreSQL failed with error {state} for {place}. See its log.")
    )


def _of_one_state(state: str, place: str) -> KirotodoError | None:
    match state:
        case "40001" | "40P01":
            return _changed_meanwhile()
        case "53300" | "53400":
            return StorageBusy(
                f"PostgreSQL has no free connection for {place}. Lower DB_POOL_SIZE, or raise max_connections."
            )
        case "55P03" | "57014":
            return busy(place)
        case "0A000":  # prepared before the tables changed; the next time it is prepared anew
            return busy(place)
        case "26000" | "42P05":
            return ConfigError(f"There seems to be a pooler in front of {place}. Set DB_POOLER=transaction.")
        case "25006":
            return read_only(place)
        case "3D000":
            return ConfigError(f"There is no such database: {place}. Create it, or check DATABASE_URL.")
        case "42501":
            return StorageError(f"The user in DATABASE_URL isn't allowed to do this in {place}. Ask its owner.")
        case "42P01" | "42703":
            return behind(place, "the database lacks a table or a column")
        case _:
            return None


def _of_class(kind: str, place: str) -> KirotodoError | None:
    """Return the error for a class of states, which is what their first two characters name."""
    match kind:
        case "22":
            return _not_storable()
        case "23":
            return _changed_meanwhile()
        case "28":
            return ConfigError(f"PostgreSQL refused the user or password for {place}. Check DATABASE_URL.")
        case "53" | "58":
            return StorageFull(f"PostgreSQL has no space left for {place}. Free some disk space or memory there.")
        case _:
            return None


def _changed_meanwhile() -> Conflict:
    return Conflict("Something else changed this at the same time. Try again.")


def _not_storable() -> InvalidInput:
    return InvalidInput("The text contains characters that can't be stored. Type it again without them.")


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")


@contextmanager
def translate_errors(place: str, *, lost: Callable[[], bool] = bool) -> Iterator[None]:
    """Raise our errors in place of those of the driver and the network. While there is no connection, or it is `lost`,
    any other error means just that: the driver, the pool and the event loop have many words for it."""
    try:
        yield
    except KirotodoError:
        raise
    except Exception as error:
        ours = translated(error, place) or (down(place) if lost() else None)
        if ours is None:
            raise
        raise ours from error
