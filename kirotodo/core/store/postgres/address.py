"""Where a PostgreSQL database is, as DATABASE_URL says it."""

from dataclasses import field
from typing import Final
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from kirotodo.core.errors import ConfigError
from kirotodo.core.lazy_dataclasses import dataclass

SCHEMES: Final = frozenset({"postgres", "postgresql", "postgresql+asyncpg"})
_NOT_FOR_THE_SERVER: Final = frozenset(
    {
        "channel_binding",
        "connect_timeout",
        "gssencmode",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "load_balance_hosts",
        "pgbouncer",
        "require_auth",
        "sslcompression",
        "sslsni",
        "tcp_user_timeout",
    }
)
"""What other drivers take and ours does not: it would hand them to the server, which refuses what it does not know."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """`dsn` is what the driver takes, with the password; `place` names the database where people may read it."""

    dsn: str = field(repr=False)
    place: str


def is_postgres(url: str) -> bool:
    """Return whether a database URL names PostgreSQL."""
    return url.partition("://")[0].lower() in SCHEMES


def address_of(url: str) -> Address:
    """Raises `ConfigError`, which never repeats the address: it holds a password."""
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        place = _place(parts, dict(query))
    except ValueError:
        raise ConfigError(
            "DATABASE_URL isn't a valid address. Use postgresql://user:password@host:5432/database, "
            "with special characters in the password escaped, such as %40 for @."
        ) from None
    kept = [("sslmode" if name == "ssl" else name, value) for name, value in query if name not in _NOT_FOR_THE_SERVER]
    dsn = urlunsplit(parts._replace(scheme="postgresql", query=urlencode(kept, quote_via=quote, safe="/")))
    return Address(dsn=dsn if parts.netloc else dsn.replace("postgresql:/", "postgresql:///", 1), place=place)


def _place(parts: SplitResult, query: dict[str, str]) -> str:
    host = parts.hostname or query.get("host") or "localhost"
    port = f":{parts.port}" if parts.port else ""
    name = unquote(parts.path.removeprefix("/")) or query.get("dbname") or parts.username or "postgres"
    return f"the database {name} at {host}{port}"
