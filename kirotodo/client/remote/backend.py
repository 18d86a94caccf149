"""RemoteBackend: the implementation of the Backend port for a user of a server. Retries are in `retry`, streams in
`streams`.
"""

import asyncio
import os
import re
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import ExitStack, aclosing
from dataclasses import asdict
from typing import Any, Final, TypeVar
from urllib.parse import quote

from kirotodo.client.accounts.address import Address
from kirotodo.client.accounts.credentials import Credentials, StoredTokens
from kirotodo.client.remote import streams
from kirotodo.client.remote.http import STALL_SECONDS, Http
from kirotodo.client.remote.requests import Kind, LinkListener, LinkWatch, Requests
from kirotodo.client.remote.session import SignIn
from kirotodo.core.backend import (
    AgentToken,
    ImportReport,
    LinkChanged,
    ListChanged,
    ModelChoice,
    Rung,
    Status,
    TaskFields,
    TokenScope,
    ToolAnswer,
    ToolInfo,
    ToolOutcome,
)
from kirotodo.core.domain.conversation import Conversation, Decision, Sent, Transcript, Turn
from kirotodo.core.domain.history import By, ChangeSelection, HistoryEntry, PastPage
from kirotodo.core.domain.integration import Integration
from kirotodo.core.domain.plan import DayPlan, Move, Period, Spread
from kirotodo.core.domain.reminder import Claim, Claimed, ReminderTarget, TargetKind
from kirotodo.core.domain.task import Changed, Page, Task, TaskDraft, TaskFilter, TaskStats
from kirotodo.core.domain.view import View
from kirotodo.core.domain.webhook import Webhook, WebhookDelivery, WebhookEvent, WebhookTest
from kirotodo.core.errors import TASK_CHANGED, InvalidInput, PreconditionFailed, Unreachable
from kirotodo.core.events import TurnEvent
from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.retry import Backoff

PENDING: Final = TaskFilter()
KEY: Final = re.compile(r"[!-~]{1,200}")

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Views:
    items: tuple[View, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Items:
    items: tuple[ModelChoice, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Tools:
    items: tuple[ToolInfo, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _AgentTokens:
    items: tuple[AgentToken, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Integrations:
    items: tuple[Integration, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Receipts:
    items: tuple[Rung, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Added:
    items: tuple[Task, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Targets:
    items: tuple[ReminderTarget, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Webhooks:
    items: tuple[Webhook, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _UserStatus:
    model: str
    user: str
    pending: int
    email: str | None = None


class RemoteBackend:
    """A user's list and conversations at a server. See `core.backend.Backend` for what each method promises.

    `insist` is for the chat: sending and watching are retried until the server is back. Without it a few tries are
    made, and then `Unreachable` is raised. `on_link` is called with every change of the link.
    """

    def __init__(
        self,
        address: Address,
        tokens: StoredTokens,
        credentials: Credentials,
        *,
        timezone: str,
        insist: bool = False,
        backoff: Backoff | None = None,
        stall: float = STALL_SECONDS,
        on_link: LinkListener | None = None,
    ) -> None:
        self.address = address
        self.user_id = tokens.user_id
        self._insist = insist
        self._http = Http(address, stall=stall, client=_client(insist))
        self._link = LinkWatch(address.host)
        self._requests = Requests(
            self._http,
            SignIn(self._http, tokens, credentials),
            self._link,
            timezone=timezone,
            backoff=backoff or Backoff(),
            insist=insist,
        )
        self._last: Status | None = None
        self._listening = ExitStack()
        if on_link is not None:
            self._listening.enter_context(self._link.listening(on_link))

    # --- turns ---

    async def send(
        self,
        message: str,
        *,
        conversation_id: int | None = None,
        request_key: str | None = None,
        model: str | None = None,
        instead_of: int | None = None,
        keep_changes: bool = False,
    ) -> Sent:
        key = uuid.uuid4().hex if request_key is None else request_key
        if not KEY.fullmatch(key):
            raise InvalidInput("A request key has 1 to 200 letters, digits and symbols, without spaces.")
        body = {"message": message, "conversation_id": conversation_id, "model": model, "instead_of": instead_of}
        body |= {"keep_changes": True} if keep_changes else {}
        given = {name: value for name, value in body.items() if value is not None}
        return await self._ask(Sent, "keyed", "POST", "/turns", body=given, headers={"Idempotency-Key": key})

    async def watch(self, turn_id: str, *, after: int = 0) -> AsyncIterator[TurnEvent]:
        events = streams.turn_events(self._requests, quote(turn_id, safe=""), after=after, insist=self._insist)
        async with aclosing(events):
            async for event in events:
                yield event

    async def turn(self, turn_id: str) -> Turn:
        return await self._read(Turn, _turn(turn_id))

    async def cancel(self, turn_id: str) -> Turn:
        # Cancelling twice changes nothing, so this is retried as a read is.
        return await self._ask(Turn, "read", "POST", f"{_turn(turn_id)}/cancel")

    async def answer(
        self,
        turn_id: str,
        call_id: str,
        decision: Decision,
        *,
        arguments: Mapping[str, Any] | None = None,
    ) -> Turn:
        body = {"call_id": call_id, "decision": decision, "arguments": arguments}
        return await self._edit(Turn, "POST", f"{_turn(turn_id)}/approval", body)

    # --- conversations ---

    async def conversations(
        self, *, search: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Conversation]:
        return await self._read(Page[Conversation], "/conversations", search=search, limit=limit, cursor=cursor)

    async def transcript(self, conversation_id: int, *, before: int | None = None, limit: int = 50) -> Transcript:
        return await self._read(Transcript, f"/conversations/{conversation_id}/messages", before=before, limit=limit)

    async def rename_conversation(self, conversation_id: int, title: str) -> Conversation:
        return await self._edit(Conversation, "PATCH", f"/conversations/{conversation_id}", {"title": title})

    async def delete_conversation(self, conversation_id: int) -> None:
        await self._requests.ask("edit", "DELETE", f"/conversations/{conversation_id}")

    async def restore_conversation(self, conversation_id: int) -> Conversation:
        return await self._make(Conversation, f"/conversations/{conversation_id}/restore")

    async def show_branch(self, conversation_id: int, seq: int) -> Conversation:
        return await self._make(Conversation, f"/conversations/{conversation_id}/branches/{seq}/show")

    # --- tasks ---

    async def tasks(self, where: TaskFilter = PENDING, *, limit: int = 50, cursor: str | None = None) -> Page[Task]:
        return await self._read(Page[Task], "/tasks", **asdict(where), limit=limit, cursor=cursor)

    async def tasks_as_of(
        self, moment: str, where: TaskFilter = PENDING, *, limit: int = 50, cursor: str | None = None
    ) -> PastPage:
        return await self._read(PastPage, "/tasks", as_of=moment, **asdict(where), limit=limit, cursor=cursor)

    async def history(
        self,
        *,
        task_id: int | None = None,
        since: str | None = None,
        until: str | None = None,
        by: By | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[HistoryEntry]:
        given = {"task": task_id, "since": since, "until": until, "by": by, "limit": limit, "cursor": cursor}
        return await self._read(Page[HistoryEntry], "/changes", **given)

    async def task(self, task_id: int) -> Task:
        return await self._read(Task, f"/tasks/{task_id}")

    async def add_from_text(self, text: str, *, dry_run: bool = False) -> tuple[Task, ...]:
        body = {"text": text, "dry_run": dry_run}
        if dry_run:
            return (await self._ask(_Added, "read", "POST", "/tasks/from-text", body=body)).items
        return (await self._make(_Added, "/tasks/from-text", body)).items

    async def add_task(self, fields: TaskFields) -> Task:
        return await self._make(Task, "/tasks", fields)

    async def update_tasks(self, task_ids: Sequence[int], fields: TaskFields) -> Changed:
        return await self._make(Changed, "/tasks/update", {"task_ids": list(task_ids), "fields": fields})

    async def edit_task(self, seen: Task, fields: TaskFields) -> Task:
        # Not by `If-Match`: a page of tasks has no ETags, and `updated_at` is as good a condition.
        body = {**fields, "updated_at": seen.updated_at}
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        try:
            return await self._ask(Task, "once", "PATCH", f"/tasks/{seen.id}", body=body, headers=headers)
        except PreconditionFailed as error:
            raise PreconditionFailed(TASK_CHANGED) from error

    async def complete_tasks(self, task_ids: Sequence[int], *, completed: bool = True) -> Changed:
        body = {"task_ids": list(task_ids), "completed": completed}
        return await self._make(Changed, "/tasks/complete", body)

    async def skip_tasks(
        self,
        task_ids: Sequence[int] | None = None,
        *,
        until: str | None = None,
        count: int | None = None,
        on: str | None = None,
        dry_run: bool = False,
    ) -> Changed:
        body: dict[str, Any] = {} if task_ids is None else {"task_ids": list(task_ids)}
        given = {"until": until, "count": count, "on": on}
        body |= {name: value for name, value in given.items() if value is not None}
        return await self._make(Changed, "/tasks/skip", {**body, "dry_run": True} if dry_run else body)

    async def plan(self, period: Period = "today", *, minutes: int | None = None) -> DayPlan:
        return await self._read(DayPlan, "/plan", period=period, minutes=minutes)

    async def propose_spread(self, *, per_day: int | None = None) -> Spread:
        return await self._read(Spread, "/plan/spread", per_day=per_day)

    async def move_tasks(self, moves: Sequence[Move], *, for_once: bool = True) -> Changed:
        body = {"moves": [asdict(move) for move in moves]}
        return await self._make(Changed, "/tasks/move", body if for_once else {**body, "for_once": False})

    async def delete_tasks(self, task_ids: Sequence[int]) -> Changed:
        return await self._make(Changed, "/tasks/delete", {"task_ids": list(task_ids)})

    async def undo(self, *, groups: int = 1) -> Changed:
        return await self._make(Changed, "/undo", {"groups": groups})

    async def undo_call(self, turn_id: str, call_id: str) -> Changed:
        return await self._make(Changed, f"{_turn(turn_id)}/calls/{quote(call_id, safe='')}/undo")

    async def undo_changes(self, which: ChangeSelection) -> Changed:
        given = {name: value for name, value in asdict(which).items() if value is not None}
        return await self._make(Changed, "/changes/undo", given)

    async def redo(self) -> Changed:
        return await self._make(Changed, "/redo")

    async def stats(self, *, period_days: int = 7) -> TaskStats:
        return await self._read(TaskStats, "/stats", period_days=period_days)

    async def views(self) -> tuple[View, ...]:
        return (await self._read(_Views, "/views")).items

    async def save_view(self, view: View, *, instead_of: str | None = None) -> View:
        body = {name: value for name, value in asdict(view).items() if name not in ("problem", "position")}
        if instead_of is None:
            return await self._make(View, "/views", body)
        return await self._edit(View, "PUT", _view(instead_of), body)

    async def delete_view(self, name: str) -> View:
        return await self._edit(View, "DELETE", _view(name))

    async def import_tasks(
        self, drafts: Sequence[TaskDraft], *, on_progress: Callable[[int], None] | None = None
    ) -> ImportReport:
        return await self._make(ImportReport, "/tasks/import", {"drafts": [_draft_body(draft) for draft in drafts]})

    # --- reminders ---

    async def claim_reminders(self, owner: str, *, limit: int = 50) -> Claimed:
        # Whoever claims again gets the same again, so this is retried as a read is.
        return await self._ask(Claimed, "read", "POST", "/reminders/claim", body={"owner": owner, "limit": limit})

    async def settle_reminders(self, owner: str, claims: Sequence[Claim], *, rung: bool = True) -> tuple[Rung, ...]:
        body = {"owner": owner, "claims": list(claims), "rung": rung}
        return (await self._ask(_Receipts, "read", "POST", "/reminders/settle", body=body)).items

    async def reminder_targets(self) -> tuple[ReminderTarget, ...]:
        return (await self._read(_Targets, "/reminders/targets")).items

    async def set_reminder_target(self, kind: TargetKind, url: str, *, secret: str | None = None) -> ReminderTarget:
        body = {"kind": kind, "url": url, **({} if secret is None else {"secret": secret})}
        return await self._edit(ReminderTarget, "POST", "/reminders/targets", body)

    async def remove_reminder_target(self, kind: TargetKind) -> None:
        await self._requests.ask("edit", "DELETE", f"/reminders/targets/{kind}")

    # --- the rest ---

    async def changes(self, *, after: int | None = None) -> AsyncIterator[ListChanged | LinkChanged]:
        news = streams.changes(self._requests, after=after)
        async with aclosing(news):
            async for change in news:
                yield change

    async def models(self) -> tuple[ModelChoice, ...]:
        return (await self._read(_Items, "/models")).items

    async def status(self) -> Status:
        """Return the status; while the server is away, the last known one with the link as it is now."""
        try:
            found = await self._read(_UserStatus, "/status")
        except Unreachable:
            if self._last is None:
                raise
            model, user, pending = self._last.model, self._last.user, self._last.pending
        else:
            model, user, pending = found.model, found.email or found.user, found.pending
        self._last = Status(
            link=self._link.link,
            place=self.address.host,
            model=model,
            user=user,
            pending=pending,
            detail=self._link.detail,
        )
        return self._last

    async def tools(self) -> tuple[ToolInfo, ...]:
        return (await self._read(_Tools, "/tools")).items

    async def call_tool(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        request_key: str | None = None,
        answer: ToolAnswer | None = None,
        agent: str | None = None,
    ) -> ToolOutcome:
        body = {"arguments": dict(arguments), "answer": answer, "agent": agent}
        given = {name: value for name, value in body.items() if value is not None}
        headers = {} if request_key is None else {"Idempotency-Key": request_key}
        # Equal calls within a minute are carried out once, with or without a key, so this can be retried.
        path = f"/tools/{quote(tool, safe='')}"
        return await self._ask(ToolOutcome, "once", "POST", path, body=given, headers=headers)

    async def integrations(self) -> tuple[Integration, ...]:
        return (await self._read(_Integrations, "/integrations")).items

    async def agent_tokens(self) -> tuple[AgentToken, ...]:
        return (await self._read(_AgentTokens, "/tokens")).items

    async def create_agent_token(self, name: str, scope: TokenScope, *, days: int = 365) -> AgentToken:
        # Without a key: the answer to a keyed request is stored, and this one holds a secret.
        return await self._edit(AgentToken, "POST", "/tokens", {"name": name, "scope": scope, "days": days})

    async def revoke_agent_token(self, name: str) -> None:
        await self._requests.ask("edit", "DELETE", f"/tokens/{quote(name, safe='')}")

    async def webhooks(self) -> tuple[Webhook, ...]:
        return (await self._read(_Webhooks, "/webhooks")).items

    async def add_webhook(self, url: str, events: Sequence[WebhookEvent] = ()) -> Webhook:
        return await self._make(Webhook, "/webhooks", {"url": url, **({"events": list(events)} if events else {})})

    async def enable_webhook(self, webhook_id: int, *, enabled: bool = True) -> Webhook:
        return await self._edit(Webhook, "PATCH", f"/webhooks/{webhook_id}", {"enabled": enabled})

    async def remove_webhook(self, webhook_id: int) -> None:
        await self._requests.ask("edit", "DELETE", f"/webhooks/{webhook_id}")

    async def test_webhook(self, webhook_id: int) -> WebhookTest:
        return await self._edit(WebhookTest, "POST", f"/webhooks/{webhook_id}/test")

    async def webhook_deliveries(
        self, webhook_id: int, *, limit: int = 50, cursor: str | None = None
    ) -> Page[WebhookDelivery]:
        path = f"/webhooks/{webhook_id}/deliveries"
        return await self._read(Page[WebhookDelivery], path, limit=limit, cursor=cursor)

    async def redeliver(self, webhook_id: int, change_id: int) -> WebhookDelivery:
        return await self._make(WebhookDelivery, f"/webhooks/{webhook_id}/deliveries/{change_id}/redeliver")

    async def aclose(self) -> None:
        self._listening.close()
        # Shielded: a cancelled close would leave sockets open, and asyncio would warn about them.
        await asyncio.shield(self._http.aclose())

    # --- within ---

    async def _read(self, kind: type[T], path: str, **params: Any) -> T:
        given = {name: value for name, value in params.items() if value is not None}
        return await self._ask(kind, "read", "GET", path, params=given)

    async def _edit(self, kind: type[T], method: str, path: str, body: Any = None) -> T:
        return await self._ask(kind, "edit", method, path, body=body)

    async def _make(self, kind: type[T], path: str, body: Any = None) -> T:
        """Send an edit with a key of its own, so that the server makes it once however often it is retried."""
        return await self._ask(kind, "once", "POST", path, body=body, headers={"Idempotency-Key": uuid.uuid4().hex})

    async def _ask(self, kind: type[T], how: Kind, method: str, path: str, **request: Any) -> T:
        return (await self._requests.ask(how, method, path, **request)).of(kind)


def _client(insist: bool) -> str:
    """Return what the user edits with: only a chat insists, and one for a browser runs where the browser is named."""
    if not insist:
        return "command"
    return "browser" if os.environ.get("KIROTODO_VISITOR_ADDRESS") else "screen"


_LATER: Final = ("start_date", "duration", "parent_id", "position", "previous_id")
"""What servers of earlier releases don't know of a draft, and refuse, or understand as something else."""


def _draft_body(draft: TaskDraft) -> dict[str, Any]:
    """Return a draft as a body: without what it doesn't have of `_LATER`, so that earlier servers take it."""
    body = asdict(draft)
    if body["remind_before"] is None:
        del body["remind_before"]
    if all(not body[name] for name in _LATER):
        return {name: value for name, value in body.items() if name not in _LATER}
    return body


def _view(name: str) -> str:
    return f"/views/{quote(name, safe='')}"


def _turn(turn_id: str) -> str:
    return f"/turns/{quote(turn_id, safe='')}"
