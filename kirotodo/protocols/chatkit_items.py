"""What ChatKit shows of a conversation, in its own types: threads, messages, and widgets of the tasks of a turn.

Every text of a task stands in a component of plain text, never in Markdown, and threads may show no images.
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Final

from kirotodo.core.domain.conversation import Conversation, Message, Transcript, Turn
from kirotodo.core.domain.task import Task
from kirotodo.core.text.sanitize import sanitize_line

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # the library warns of its own classes
    from chatkit.types import (
        AssistantMessageContent,
        AssistantMessageItem,
        InferenceOptions,
        Page,
        Thread,
        ThreadItem,
        UserMessageItem,
        UserMessageTextContent,
        WidgetItem,
    )
    from chatkit.widgets import DynamicWidgetRoot

DONE: Final = "kirotodo.done"
UNDO: Final = "kirotodo.undo"
ANSWER: Final = "kirotodo.answer"
TASKS_SHOWN: Final = 20
_UNDOING: Final = frozenset({"undo", "redo"})
Component = dict[str, Any]


def thread_of(conversation: Conversation, items: Page[ThreadItem] | None = None) -> Thread:
    """Return a conversation as a thread."""
    return Thread(
        id=str(conversation.id),
        title=conversation.title or None,
        created_at=conversation.created_at,
        allowed_image_domains=[],
        items=items or Page[ThreadItem](),
    )


def user_item(message: Message) -> UserMessageItem:
    """Return a message of the user."""
    return UserMessageItem(
        id=message_id(message.seq),
        thread_id=str(message.conversation_id),
        created_at=message.created_at,
        content=[UserMessageTextContent(text=message.content)],
        inference_options=InferenceOptions(),
    )


def answer_item(turn: Turn, text: str) -> AssistantMessageItem:
    """Return the answer of a turn, so far or whole."""
    return AssistantMessageItem(
        id=f"ans_{turn.id}",
        thread_id=str(turn.conversation_id),
        created_at=turn.created_at,
        content=[AssistantMessageContent(text=text)],
    )


def message_id(seq: int) -> str:
    """Return the id of the item of a user's message, which also marks a place in its thread."""
    return f"msg_{seq}"


def seq_of(item_id: str) -> int | None:
    """Return the number of the message that an id of `message_id` is of, None for any other id."""
    number = item_id.removeprefix("msg_")
    return int(number) if number != item_id and number.isascii() and number.isdecimal() and len(number) < 10 else None


def items_of(transcript: Transcript, widgets: Mapping[str, WidgetItem]) -> list[ThreadItem]:
    """Return the items of a page of a conversation, oldest first. `widgets` are those of its turns, by their ids: each
    comes after the answer of its turn, or after the message where there is none yet."""
    answered = {message.turn_id for message in transcript.messages if message.role == "assistant"}
    turns = {turn.id: turn for turn in transcript.turns}
    items: list[ThreadItem] = []
    for message in transcript.messages:
        turn = turns.get(message.turn_id)
        if message.role == "user":
            items.append(user_item(message))
        elif turn is not None:
            items.append(answer_item(turn, message.content))
        is_last = message.role == "assistant" or message.turn_id not in answered
        if is_last and (widget := widgets.get(message.turn_id)) is not None:
            items.append(widget)
    return items


def shown_tasks(turn: Turn) -> tuple[Mapping[str, Any], ...]:
    """Return the tasks that the calls of a turn listed or changed, as they last were in it."""
    found: dict[int, Mapping[str, Any]] = {}
    for call in turn.tool_calls:
        listed = call.result.get("tasks") if call.status == "succeeded" and call.result is not None else None
        for task in listed if isinstance(listed, Sequence) else ():
            if isinstance(task, Mapping) and isinstance(task.get("id"), int):
                found[task["id"]] = task
    return tuple(found.values())[:TASKS_SHOWN]


def widget_of(turn: Turn, now: Mapping[int, Task | None] | None, *, changing: frozenset[str]) -> WidgetItem | None:
    """Return the widget of a turn: what it asks, or its tasks; None where it has none.

    `now` are its tasks as they are, None for one that is gone; without it there are no buttons. `changing` are the
    tools that change tasks, after which a turn can be undone.
    """
    if turn.approval is not None and turn.status == "awaiting_approval":
        return _widget(turn, _question(turn), copy_text=turn.approval.question)
    tasks = shown_tasks(turn)
    if not tasks:
        return None
    card: Component = {"type": "Card", "children": [_row(turn, task, now) for task in tasks]}
    if now is not None and any(
        call.tool in changing - _UNDOING and call.status == "succeeded" for call in turn.tool_calls
    ):
        card["children"] += [{"type": "Divider"}, _button("Undo", UNDO, turn_id=turn.id)]
    return _widget(turn, card, copy_text="\n".join(f"- {_title(task)}" for task in tasks))


def _widget(turn: Turn, card: Component, *, copy_text: str) -> WidgetItem:
    return WidgetItem(
        id=f"wdg_{turn.id}",
        thread_id=str(turn.conversation_id),
        created_at=turn.created_at,
        widget=DynamicWidgetRoot.model_validate(card),
        copy_text=copy_text,
    )


def _question(turn: Turn) -> Component:
    approval = turn.approval
    assert approval is not None
    rows: list[Component] = [{"type": "Text", "value": sanitize_line(approval.question), "weight": "semibold"}]
    rows += [
        {"type": "Text", "value": f"{task.id}  {sanitize_line(task.title)}"} for task in approval.tasks[:TASKS_SHOWN]
    ]
    if len(approval.tasks) > TASKS_SHOWN:
        rows.append({"type": "Caption", "value": f"and {len(approval.tasks) - TASKS_SHOWN} more"})

    def choice(label: str, decision: str) -> Component:
        about = {"turn_id": turn.id, "call_id": approval.call_id, "decision": decision}
        return {"label": label, "action": {"type": ANSWER, "payload": about}}

    return {"type": "Card", "children": rows, "confirm": choice("Yes", "yes"), "cancel": choice("No", "no")}


def _row(turn: Turn, task: Mapping[str, Any], now: Mapping[int, Task | None] | None) -> Component:
    current = None if now is None else now.get(task["id"])
    is_gone = now is not None and current is None
    done = current.completed if current is not None else bool(task.get("completed_at"))
    parts: list[Component] = []
    if current is not None:
        label, then = ("Reopen", False) if done else ("Done", True)
        parts.append(_button(label, DONE, turn_id=turn.id, task_id=task["id"], done=then))
    title = _title(task) if current is None else sanitize_line(current.title)
    parts.append({"type": "Text", "value": title, **({"lineThrough": True} if done or is_gone else {})})
    about = "deleted" if is_gone else "  ".join(str(task[name]) for name in ("due", "project") if task.get(name))
    if about:
        parts.append({"type": "Caption", "value": sanitize_line(about)})
    return {"type": "Row", "gap": 2, "align": "center", "children": parts}


def _button(label: str, action: str, **payload: Any) -> Component:
    return {
        "type": "Button",
        "label": label,
        "size": "sm",
        "variant": "outline",
        "onClickAction": {"type": action, "payload": payload},
    }


def _title(task: Mapping[str, Any]) -> str:
    return sanitize_line(str(task.get("title", "")))
