"""How the built-in model puts tasks into words: short Markdown in which every title shows as it was written."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

from kirotodo.core.language.types import Clarify
from kirotodo.core.models.model import ToolOutcome
from kirotodo.core.text.patterns import pattern
from kirotodo.core.tools.approval import REFUSED

SHOWN: Final = 20
MANY: Final = 10**9
"""Stands for more tasks than are worth counting."""
_BIDI: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_PUNCTUATION: Final = re.escape(r"""!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~""")
_MARKUP: Final = pattern(
    rf"\\(?=[{_PUNCTUATION}]|$)"  # a backslash that would escape
    r"|[`\[]"
    r"|(?<!\s)\*|\*(?!\s)|^\*"  # stars, unless they stand alone between spaces
    r"|(?<![^\W_])_|_(?![^\W_])"  # underscores, unless within a word
    r"|~(?=~)|(?<=~)~"
    r"|<(?=[A-Za-z/!?])"
    r"|&(?=#?\w+;)"
)


def escaped(text: str) -> str:
    """Return `text` as Markdown that shows exactly it, on one line, without controls that could move the screen."""
    plain = "".join(
        " " if char.isspace() else char
        for char in text
        if char.isspace() or (unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp") and char not in _BIDI)
    )
    return _MARKUP.sub(lambda found: "\\" + found[0], " ".join(plain.split()))


def named(task: Mapping[str, Any]) -> str:
    """Return a task as "#9 team meeting"."""
    title = escaped(str(task.get("title") or ""))
    return f"#{task.get('id', task.get('task_id'))} {title}".strip()


def dated(task: Mapping[str, Any]) -> str:
    """Return a task as "#9 team meeting — Fri 27 Nov, 09:00"."""
    return " — ".join([named(task), *([str(task["due"])] if task.get("due") else [])])


def detailed(task: Mapping[str, Any]) -> str:
    """Return a task with all that a list shows of it."""
    more = [str(task["due"])] if task.get("due") else []
    if task.get("overdue"):
        more.append("overdue")
    if task.get("starts"):
        more.append(f"not before {task['starts']}")
    if task.get("takes"):
        more.append(f"takes {task['takes']}")
    if task.get("parent_id"):
        more.append(f"step of #{task['parent_id']}")
    if task.get("repeats"):
        more.append(str(task["repeats"]))
    if task.get("priority") and task["priority"] != "none":
        more.append(f"{task['priority']} priority")
    if task.get("project"):
        more.append(f"in {escaped(str(task['project']))}")
    more += [f"\\#{escaped(str(tag))}" for tag in task.get("tags") or ()]
    if task.get("reminder"):
        more.append(f"reminder {task['reminder']}")
    if task.get("completed_at"):
        more.append("done")
    return " — ".join([named(task), *([" · ".join(more)] if more else [])])


def bullets(tasks: Sequence[Mapping[str, Any]], *, total: int | None = None) -> str:
    """Return a bulleted list, and how many more there are."""
    lines = [f"- {detailed(task)}" for task in tasks[:SHOWN]]
    rest = max(total or 0, len(tasks)) - len(lines)
    if rest > 0:
        lines.append("\n…and more." if rest >= MANY else f"\n…and {rest} more.")
    return "\n".join(lines)


def choices(tasks: Sequence[Mapping[str, Any]]) -> str:
    """Return a numbered list to pick from."""
    return "\n".join(f"{place}. {dated(task)}" for place, task in enumerate(tasks, 1))


def count(number: int, noun: str = "task", *, kind: str = "") -> str:
    """Return "3 open tasks", "1 task", "no tasks", and "many tasks" where nobody has counted them."""
    amount = "no" if number == 0 else "many" if number >= MANY else str(number)
    return " ".join(part for part in (amount, kind, noun if number == 1 else noun + "s") if part)


def several(verb: str, tasks: Sequence[Mapping[str, Any]], number: int, *, rest: str = "") -> str:
    """Return "Deleted #9 team meeting." or "Deleted 3 tasks:" with the list; `rest` follows the number."""
    if number == 1 and tasks:
        return f"{verb} {dated(tasks[0])}{rest}."
    lines = "\n".join(f"- {dated(task)}" for task in tasks[:SHOWN])
    more = f"\n\n…and {number - SHOWN} more." if number > SHOWN else ""
    return f"{verb} {count(number)}{rest}:\n{lines}{more}"


def trouble(outcome: ToolOutcome) -> str | None:
    """Return what went wrong with a call, in a sentence; None where it went well."""
    match outcome.status:
        case "succeeded":
            return None
        case "denied" if outcome.result.get("error") == REFUSED:
            return "Left as they are, since you said never to this in this conversation. A new one asks again."
        case "denied":
            return "Left as they are."
        case "cancelled":
            return "That was not carried out."
        case _:
            return escaped(str(outcome.result.get("error") or "That did not work; nothing was changed."))


HELP: Final = """\
I keep your to-do list. Say it in your own words, for example:

- add buy milk tomorrow at 5pm
- every other friday at 9 water the plants
- what's due this week?
- mark task 3 as done
- move the dentist to monday 10am
- delete the meeting task
- undo that"""

REFUSAL: Final = (
    "I can only help with your to-do list. I can add, find, change, complete and delete tasks; say “help” for examples."
)

_SMALL_TALK: Final[Mapping[str, str]] = {
    "greeting": "Hello! What shall I put on your list, or shall I show it to you?",
    "thanks": "You are welcome.",
    "goodbye": "Goodbye. Your list stays here.",
    "how_are_you": "All in order, thank you. What is next on your list?",
    "who_are_you": "I am kiro. I keep your to-do list, here on this machine; say “help” for what I can do.",
    "praise": "Thank you!",
    "apology": "No harm done. “undo” takes the last change back.",
}


def small_talk(kind: str) -> str:
    """Return the answer to small talk of this kind."""
    return _SMALL_TALK.get(kind, "I am here for your to-do list. Say “help” for what I can do.")


def what_is_missing(clarify: Clarify) -> str:
    """Return a question for what was left out."""
    match clarify.missing:
        case "title":
            return "What is to be done?"
        case "target":
            verb = {"complete": "is done", "update": "should change", "delete": "should go"}.get(
                clarify.action or "", "do you mean"
            )
            return f"Which task {verb}? Name it by its number or a word of its title."
        case "time":
            return "When? Say for example “move task 3 to tomorrow at 5pm”."
        case "list":
            return "Which list? Say for example “add milk to groceries”."
        case "meaning" if clarify.action == "add":
            return "Is that to go on your list? Then say it with “add” in front, for example “add call the plumber”."
        case "meaning":
            return "I did not get that. Try “add buy milk tomorrow”, “what's due today?” or “mark task 3 as done”."
