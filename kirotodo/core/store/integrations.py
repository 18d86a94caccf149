"""What is connected to one user's list, put together from where each kind is kept. Never commits."""

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from kirotodo.core.domain.history import CALENDAR_PREFIX
from kirotodo.core.domain.integration import Integration
from kirotodo.core.domain.webhook import WEBHOOK_EVENTS

if TYPE_CHECKING:
    from kirotodo.core.store.database import Store

RECENT: Final = timedelta(days=90)
"""How long a program without a token is listed after its latest change."""


async def integrations(store: "Store", *, events_url: str | None = None) -> tuple[Integration, ...]:
    """Return everything that is connected: agents, then other programs, then where something is sent. The operator has
    changes published at `events_url`, if given."""
    return (
        *await _agents(store),
        *await _programs(store),
        *await _webhooks(store),
        *await _targets(store),
        *_stream(events_url),
    )


def _stream(events_url: str | None) -> tuple[Integration, ...]:
    if events_url is None:
        return ()
    name = "kafka" if events_url.startswith("kafka") else "redis"
    return (Integration(kind="events", name=name, access=WEBHOOK_EVENTS),)


async def _agents(store: "Store") -> list[Integration]:
    return [
        Integration(
            kind="agent",
            name=agent.name,
            access=(agent.scope,),
            connected_at=agent.created_at,
            last_used_at=agent.last_used_at,
            expires_at=agent.expires_at,
        )
        for agent in await store.accounts.agents()
    ]


async def _programs(store: "Store") -> list[Integration]:
    """Return the programs that changed the list lately, but for those that have or had a token."""
    with_token = await store.accounts.agent_names()
    return [
        Integration(kind="program", name=name, access=("all",), last_used_at=last_at)
        for name, last_at in await store.history.programs()
        if name.removeprefix(CALENDAR_PREFIX) not in with_token and last_at >= store.now - RECENT
    ]


async def _webhooks(store: "Store") -> list[Integration]:
    def problem_of(disabled: bool, reason: str | None, failing: bool) -> str | None:
        if disabled:
            return f"It is disabled. {reason or ''}".rstrip()
        return "It accepts nothing at the moment." if failing else None

    return [
        Integration(
            kind="webhook",
            name=str(webhook.id),
            access=webhook.events,
            place=webhook.url,
            connected_at=webhook.created_at,
            problem=problem_of(
                webhook.disabled_at is not None, webhook.disabled_reason, webhook.failing_since is not None
            ),
        )
        for webhook in await store.webhooks.all()
    ]


async def _targets(store: "Store") -> list[Integration]:
    return [
        Integration(kind="reminders", name=target.kind, access=("reminders",), place=target.url)
        for target in await store.reminders.targets()
    ]
