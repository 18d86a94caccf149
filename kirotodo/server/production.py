"""What keeps a server from starting in production. `serve` refuses on it, and `doctor --production` prints it."""

from typing import TYPE_CHECKING

from kirotodo.core.addresses import host_of, is_this_machine
from kirotodo.server.secret import SECRET_MIN, plain, weakness_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kirotodo.core.settings import Settings


def faults_of(settings: "Settings", *, workers: int = 1) -> tuple[str, ...]:
    """One sentence for each fault, whatever ENVIRONMENT says; none where a server may start."""
    return tuple(_faults(settings, workers))


def _faults(settings: "Settings", workers: int) -> "Iterator[str]":
    if settings.better_auth_url is None:
        yield from _of_the_secrets(settings)
    elif settings.better_auth_url.startswith("http://") and not is_this_machine(host_of(settings.better_auth_url)):
        yield (
            f"BETTER_AUTH_URL={settings.better_auth_url} is not encrypted: whoever listens on the way could publish "
            "keys of his own; use its https:// address."
        )
    if "*" in settings.cors_origins:
        yield "CORS_ORIGINS=* lets every web page call the server: name the origins that may."
    if not settings.profiles() and settings.model is None:
        yield (
            "No model is configured: set OPENAI_API_KEY or OPENAI_BASE_URL, "
            "or MODEL=built-in to do without a model service."
        )
    if workers > 1 and settings.database_url.startswith("sqlite"):
        yield f"{workers} workers cannot share SQLite: set DATABASE_URL to PostgreSQL, or start one worker."


def _of_the_secrets(settings: "Settings") -> "Iterator[str]":
    secret, previous = plain(settings.better_auth_secret), plain(settings.better_auth_secret_previous)
    hint = f"give it a random text of {SECRET_MIN} characters or more, such as `openssl rand -base64 48` prints."
    if not secret:
        yield f"BETTER_AUTH_SECRET is not set: {hint}"
    elif weak := weakness_of(secret):
        yield f"BETTER_AUTH_SECRET {weak}: {hint}"
    if previous and (weak := weakness_of(previous)):
        yield f"BETTER_AUTH_SECRET_PREVIOUS {weak}: remove it; who signed in with it has to sign in again."
