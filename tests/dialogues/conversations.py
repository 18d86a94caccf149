"""Read conversations from text files, hold them with the built-in model, and compare the list after each turn.

A conversation begins with "## name". Each turn is "> what the user says" (\\n for a line end), then what must come of
it:

    + title | field pattern ; …     a task is added, with these fields and no others
    ~ title | field pattern ; …     a task is changed, in these fields and no others
    x, o, -, u title                a task is completed, reopened, deleted, brought back
    = [says PATTERN]                nothing is changed, or nothing but what the other lines say; what the answer holds
    = never PATTERN                 what the answer must not hold
    = asks PATTERN                  nothing is changed, and the answer asks something that holds this
    or                              the lines above are one right outcome, those below another

Patterns are regular expressions, of any case; tasks that were there are named by a part of the title. The fields
are due (a date, or a date and a time), time, priority, project, tags, recurrence, notes, remind, start, duration (in
minutes), parent (the title of the task of which it is a step), title; "-" is none.
The reminder is free where it is not named, and so is the first date of what recurs.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kirotodo.core.settings import Settings
from kirotodo.server.commands.dialogues import hold_all, read_dialogue

FOLDER: Final = Path(__file__).parent
KNOWN_FAILURES: Final = FOLDER / "known_failures.txt"
NOW: Final = "2026-06-03T09:00:00"
"""A Wednesday."""
TASKS: Final[list[dict[str, Any]]] = [
    {"title": "polish shoes", "due_date": "2026-06-03"},
    {"title": "vet visit for Biscuit", "due_date": "2026-06-05", "due_time": "15:30:00"},
    {"title": "submit expense claim", "due_date": "2026-06-01", "project": "office", "priority": "high"},
    {"title": "water the orchids", "due_date": "2026-06-04", "recurrence": "FREQ=WEEKLY;BYDAY=TH"},
    {"title": "ring Grandpa", "due_date": "2026-06-07", "due_time": "11:00:00"},
    {"title": "plan garden party", "due_date": "2026-06-13", "project": "party"},
    {"title": "order cake", "project": "party"},
    {"title": "send out invitations", "due_date": "2026-06-08", "project": "party", "tags": ["post"]},
    {"title": "oat milk", "project": "shopping"},
    {"title": "rice", "project": "shopping"},
    {"title": "coffee beans", "project": "shopping"},
    {"title": "toothpaste", "project": "shopping"},
    {"title": "renew car insurance", "due_date": "2026-06-20", "notes": "policy number in the blue folder"},
    {"title": "budget review", "due_date": "2026-06-05", "due_time": "10:00:00", "project": "office"},
    {"title": "prepare slides", "due_date": "2026-06-08", "project": "office", "priority": "high"},
    {"title": "patch bike tyre", "tags": ["garage"]},
    {"title": "read lease", "tags": ["home"]},
    {"title": "mow lawn", "completed_at": "2026-06-02T17:00:00Z"},
    {"title": "buy stamps", "completed_at": "2026-06-01T10:00:00Z"},
]
_FIELDS: Final = (
    "title",
    "due_date",
    "due_time",
    "priority",
    "project",
    "tags",
    "recurrence",
    "notes",
    "remind_at",
    "start_date",
    "duration",
    "parent",
)
_EMPTY: Final = {None: "-", "": "-", (): "-"}

Fields = Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line of an outcome: its sign, the task or the word behind it, and the patterns of fields."""

    sign: str
    name: str
    fields: Fields = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """What the user says, and the outcomes that are right."""

    text: str
    outcomes: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversation:
    """Turns on the list of `TASKS`, with a name of their own."""

    name: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A turn that was held: the list before and after it by id, and the answer."""

    before: Mapping[int, Fields]
    after: Mapping[int, Fields]
    answer: str

    def changes(self) -> dict[str, list[tuple[str, Fields]]]:
        """Return by sign what changed: the title that a task had, and its fields, or those of them that changed."""
        out: dict[str, list[tuple[str, Fields]]] = {sign: [] for sign in "+~xo-"}
        for key, new in self.after.items():
            old = self.before.get(key)
            if old is None:
                out["+"].append((new["title"], new))
                continue
            if new["done"] != old["done"]:
                out["x" if new["done"] == "yes" else "o"].append((old["title"], new))
            changed = {name: new[name] for name in _FIELDS if new[name] != old[name]}
            if changed:
                out["~"].append((old["title"], changed))
        out["-"] = [(old["title"], old) for key, old in self.before.items() if key not in self.after]
        return out


def read_conversations(file: Path) -> list[Conversation]:
    """Return the conversations of a file."""
    blocks = re.split(r"^## ", file.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return [_conversation(f"{file.stem}/{name.strip()}", rest) for name, _, rest in (b.partition("\n") for b in blocks)]


def all_conversations() -> list[Conversation]:
    """Return the conversations of all files."""
    files = sorted(file for file in FOLDER.glob("*.txt") if file != KNOWN_FAILURES)
    return [each for file in files for each in read_conversations(file)]


def hold(conversations: Sequence[Conversation], settings: Settings) -> dict[str, list[Held]]:
    """Hold conversations, each on a list of its own; return their turns by name."""
    dialogues = [
        read_dialogue(
            {
                "id": each.name,
                "now": NOW,
                "zone": "UTC",
                "tasks": TASKS,
                "turns": [turn.text for turn in each.turns],
                "approve": True,
            }
        )
        for each in conversations
    ]
    outcomes: list[Mapping[str, Any]] = []
    hold_all(dialogues, settings, outcomes.append)
    start = {number: _plain(task) for number, task in enumerate(TASKS, 1)}
    return {outcome["id"]: list(_held(start, outcome["turns"])) for outcome in outcomes}


def judge(turn: Turn, held: Held) -> str | None:
    """Return None where one of the right outcomes came about, else what is amiss with the first of them."""
    amiss = [_amiss(outcome, held) for outcome in turn.outcomes]
    return None if None in amiss else amiss[0]


def is_wrong_change(turn: Turn, held: Held) -> bool:
    """Return whether something was changed that no right outcome changes."""
    found = held.changes()
    return any(found.values()) and all(_unlike(outcome, found) is not None for outcome in turn.outcomes)


def _conversation(name: str, text: str) -> Conversation:
    turns = re.split(r"^> ", text, flags=re.MULTILINE)[1:]
    return Conversation(name=name, turns=tuple(_turn(turn.strip().split("\n")) for turn in turns))


def _turn(lines: list[str]) -> Turn:
    outcomes: list[list[Line]] = [[]]
    for line in filter(None, map(str.strip, lines[1:])):
        if line == "or":
            outcomes.append([])
        else:
            outcomes[-1].append(_line(line))
    return Turn(text=lines[0].replace("\\n", "\n"), outcomes=tuple(map(tuple, outcomes)))


def _line(text: str) -> Line:
    sign, rest = text[0], text[1:].strip()
    if sign not in "+~xo-u=":
        raise ValueError(f"not an outcome: {text!r}")
    name, _, fields = rest.partition(" | ")
    pairs = (part.strip().split(" ", 1) for part in fields.split(" ; ") if part.strip())
    return Line(sign=sign, name=name.strip(), fields=dict(_field(pair) for pair in pairs))


_NAMES: Final = {"due": "due_date", "time": "due_time", "remind": "remind_at", "start": "start_date"}


def _field(pair: list[str]) -> tuple[str, str]:
    name, pattern = pair
    return _NAMES.get(name, name), pattern


def _held(before: Mapping[int, Fields], turns: Sequence[Mapping[str, Any]]) -> Iterator[Held]:
    for turn in turns:
        titles = {task["id"]: task["title"] for task in turn["tasks"]}
        after = {task["id"]: _plain(task, titles) for task in turn["tasks"]}
        yield Held(before=before, after=after, answer=turn["response"])
        before = after


def _plain(task: Mapping[str, Any], titles: Mapping[int, str] | None = None) -> Fields:
    """Return the fields of a task as text, "-" where there is nothing."""
    out = {name: _text(task.get(name)) for name in _FIELDS}
    out["due_time"] = out["due_time"][:5]
    out["priority"] = task.get("priority") or "none"
    out["parent"] = (titles or {}).get(task.get("parent_id") or 0, "-")
    out["done"] = "yes" if task.get("completed_at") else "-"
    return out


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = ",".join(sorted(value))
    return str(value) if value else "-"


def _amiss(outcome: tuple[Line, ...], held: Held) -> str | None:
    found = held.changes()
    unlike = _unlike(outcome, found)
    if unlike is not None:
        return unlike
    for line in outcome:
        if line.sign == "=" and line.name:
            word, pattern = line.name.split(" ", 1)
            said = re.search(pattern, held.answer, re.IGNORECASE) is not None
            if said is (word == "never") or (word == "asks" and "?" not in held.answer):
                return f"the answer should have: {line.name}"
    return None


def _unlike(outcome: tuple[Line, ...], found: Mapping[str, list[tuple[str, Fields]]]) -> str | None:
    """Return how the changes differ from an outcome, or None."""
    left = {sign: list(changes) for sign, changes in found.items()}
    for line in outcome:
        if line.sign == "=":
            continue
        sign = "+" if line.sign == "u" else line.sign
        hit = next((change for change in left[sign] if _fits(line, change)), None)
        if hit is None:
            return f"missing: {line.sign} {line.name} {dict(line.fields) or ''}"
        left[sign].remove(hit)
    more = [f"{sign} {title} {dict(fields) if sign in '+~' else ''}" for sign in left for title, fields in left[sign]]
    return f"not wanted: {'; '.join(more)}" if more else None


def _fits(line: Line, change: tuple[str, Fields]) -> bool:
    title, fields = change
    if line.sign != "+":
        named = re.search(line.name, title, re.IGNORECASE) is not None
        return named and (line.sign != "~" or _same(line.fields, fields, dict.fromkeys(_FIELDS, "")))
    return re.fullmatch(line.name, title, re.IGNORECASE) is not None and _same(line.fields, fields, _NOTHING)


_NOTHING: Final = {**dict.fromkeys(_FIELDS, "-"), "priority": "none"}


def _same(wanted: Fields, fields: Fields, empty: Fields) -> bool:
    """Return whether the fields are as wanted, and those that are not named are empty or free."""
    wanted = dict(wanted)
    day, _, time = wanted.get("due_date", "").partition(" ")
    if day:
        wanted["due_date"] = day
    if time:
        wanted["due_time"] = time
    free = {
        "title",
        "remind_at",
        *(["due_date"] if "recurrence" in wanted else []),
        *(["due_time"] if day == "-" else []),
    }
    return all(
        re.fullmatch(wanted[name], fields.get(name, "-"), re.IGNORECASE)
        if name in wanted
        else name in free - ({"title"} if empty["title"] == "" else set())
        or fields.get(name, empty[name]) == empty[name]
        for name in _FIELDS
    )
