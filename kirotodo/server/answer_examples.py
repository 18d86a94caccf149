"""Examples of answers, by the name of their schema: values of the core, which knows nothing of how it is described, and
the few of the server with a null in them, which FastAPI would leave out.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any, Final

from kirotodo.core.backend import AgentToken, ImportReport, ModelChoice, ToolInfo, ToolOutcome
from kirotodo.core.domain.conversation import ChatOutcome, Conversation, Message, Sent, ToolCall, Transcript, Turn
from kirotodo.core.domain.history import Actor, HistoryEntry, PastPage
from kirotodo.core.domain.integration import Integration
from kirotodo.core.domain.plan import DayPlan, Kept, Move, PlannedTask, Spread
from kirotodo.core.domain.reminder import Claimed, Reminder, ReminderTarget
from kirotodo.core.domain.task import Change, Changed, DayCount, Page, ProjectCount, TagCount, Task, TaskStats
from kirotodo.core.domain.view import View
from kirotodo.core.domain.webhook import Webhook, WebhookDelivery, WebhookTest

NOW: Final = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LATER: Final = datetime(2026, 11, 23, 8, 0, 1, tzinfo=UTC)
RENT: Final = Task(
    id=3,
    title="Pay rent",
    priority="high",
    due_date=date(2026, 11, 27),
    due_time=time(17),
    recurrence="FREQ=MONTHLY",
    remind_at=datetime(2026, 11, 27, 15, 50, tzinfo=UTC),
    remind_before=10,
    project="flat",
    tags=("home",),
    created_at=NOW,
    updated_at=NOW,
)
TAXES: Final = Task(id=5, title="File the taxes", due_date=date(2026, 11, 20), created_at=NOW, updated_at=NOW)
ABOUT_RENT: Final = Conversation(
    id=2, title="Rent", preview="Pay the rent every month", message_count=2, created_at=NOW, updated_at=LATER
)
CALL: Final = ToolCall(
    id="0.0",
    step=0,
    position=0,
    tool="add_task",
    arguments={"title": "Pay rent", "due": "friday 5pm"},
    result={"task_id": 3},
    status="succeeded",
    duration_ms=4,
)
TURN: Final = Turn(
    id="t1",
    conversation_id=2,
    message_seq=1,
    status="finished",
    response="Added “Pay rent” for Friday at 5 pm.",
    tool_calls=(CALL,),
    model="built-in",
    created_at=NOW,
    finished_at=LATER,
)
HOOK: Final = Webhook(id=1, url="https://example.com/hook", events=("task.completed",), created_at=NOW)
DELIVERY: Final = WebhookDelivery(
    webhook_id=1,
    change_id=42,
    event="task.completed",
    message_id="msg_1_42",
    status="delivered",
    attempts=1,
    created_at=NOW,
    finished_at=LATER,
    status_code=204,
)
AGENT: Final = AgentToken(
    name="claude-desktop", scope="add", created_at=NOW, expires_at=datetime(2027, 2, 21, 8, 0, tzinfo=UTC)
)
CONNECTED: Final = Integration(
    kind="agent",
    name="claude-desktop",
    access=("add",),
    connected_at=NOW,
    last_used_at=LATER,
    expires_at=datetime(2027, 2, 21, 8, 0, tzinfo=UTC),
)
MODEL: Final = ModelChoice(name="built-in", model="built-in", place="local", default=True)
WORK: Final = View(name="work", filter="due:today..friday +work", sort="project,due", group="project", pinned=True)
TOOL: Final = ToolInfo(
    name="get_task",
    description="Return one task.",
    parameters={"type": "object", "properties": {"task_id": {"type": "integer"}}, "required": ["task_id"]},
    changes="read",
)
ENTRY: Final = HistoryEntry(
    id=42,
    at=NOW,
    task_id=3,
    by=Actor(kind="built-in"),
    before=None,
    after=RENT,
    group_id=9,
    turn_id="t1",
    call_id="0.0",
)
USER: Final = {"id": "1", "email": "ann@example.com", "deletion_at": None}

ANSWERS: Final[Mapping[str, Any]] = {
    "Task": RENT,
    "Tasks": {"items": [RENT]},
    "TaskPage": Page(items=(RENT, TAXES), next=None, total=2),
    "PastPage": PastPage(as_of=NOW, items=(RENT,), total=1),
    "Changed": Changed(
        tasks=(replace(RENT, project="home"),),
        changes=(Change(id=43, task_id=3, before=RENT, after=replace(RENT, project="home")),),
    ),
    "ImportReport": ImportReport(added=(3, 5), skipped=("Row 4: A task needs a title.",)),
    "DayPlan": DayPlan(
        period="today",
        items=(PlannedTask(task=TAXES, score=120, reasons=("3 days overdue",), fits=True),),
        minutes=120,
        planned=30,
    ),
    "Spread": Spread(
        moves=(Move(task_id=5, due_date=date(2026, 11, 20), to=date(2026, 11, 30)),),
        kept=(Kept(task_id=3, reason="It repeats."),),
        tasks=(TAXES, RENT),
    ),
    "TaskStats": TaskStats(
        period_days=1,
        pending=12,
        overdue=1,
        due_today=2,
        completed=3,
        created=4,
        streak=5,
        best_streak=21,
        projects=(ProjectCount(project="flat", pending=4, completed=1),),
        tags=(TagCount(tag="home", pending=2, completed=0),),
        days=(DayCount(day=date(2026, 11, 23), completed=3, created=4, overdue=2),),
        hours=(*(0,) * 9, 3, *(0,) * 14),
    ),
    "HistoryEntryPage": Page(items=(ENTRY,), next="42", total=None),
    "View": WORK,
    "Views": {"items": [WORK]},
    "Claimed": Claimed(items=(Reminder(task=RENT, remind_at=datetime(2026, 11, 27, 15, 50, tzinfo=UTC), epoch=1),)),
    "Sent": Sent(conversation_id=2, turn_id="t1", message_seq=1),
    "Turn": TURN,
    "ChatOutcome": ChatOutcome.of(TURN),
    "Conversation": ABOUT_RENT,
    "ConversationPage": Page(items=(ABOUT_RENT,), next=None, total=1),
    "Transcript": Transcript(
        conversation=ABOUT_RENT,
        messages=(
            Message(conversation_id=2, seq=1, role="user", content="pay rent friday 5pm", turn_id="t1", created_at=NOW),
            Message(conversation_id=2, seq=2, role="assistant", content=TURN.response, turn_id="t1", created_at=LATER),
        ),
        turns=(TURN,),
    ),
    "Models": {"items": [MODEL]},
    "ToolsOut": {"items": [TOOL]},
    "ToolOutcome": ToolOutcome(tool="add_task", status="succeeded", result={"task_id": 3}),
    "Me": {**USER, "timezone": "Europe/Vienna"},
    "TokensOut": {
        "access_token": "eyJhbGciOi…",
        "token_type": "bearer",
        "expires_in": 900,
        "refresh_token": "eyJhbGciOi…",
        "user": USER,
    },
    "AgentToken": replace(AGENT, token="ktd_…"),
    "AgentTokens": {"items": [AGENT]},
    "ReminderTarget": ReminderTarget(kind="webhook", url="https://example.com/hook", secret="whsec_…"),
    "Integration": CONNECTED,
    "Integrations": {"items": [CONNECTED]},
    "Webhook": replace(HOOK, secret="whsec_…"),
    "Webhooks": {"items": [HOOK]},
    "WebhookTest": WebhookTest(accepted=True, status_code=204),
    "WebhookDelivery": DELIVERY,
    "WebhookDeliveryPage": Page(items=(DELIVERY,), next=None, total=1),
}
