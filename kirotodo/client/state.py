"""What the program remembers between runs: drafts, messages on their way, input history, theme, where one was.

One small JSON file. It is a convenience: a file that is broken, missing or cannot be written never stops the program,
it only makes it forget. Several programs may hold the same file; a save writes what changed here over what is there.
"""

import contextlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.text.files import atomic_write

HISTORY_MAX: Final = 500
DRAFTS_MAX: Final = 100
NEW: Final = "new"
"""The key of the draft for a conversation that does not exist yet."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Outgoing:
    """A message on its way to the backend. Sent again with the same key, it is stored and answered once."""

    text: str
    request_key: str
    conversation_id: int | None = None
    model: str | None = None
    instead_of: int | None = None
    """The message whose place it takes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Remembered:
    drafts: dict[str, str] = field(default_factory=dict)
    queued: dict[str, tuple[str, ...]] = field(default_factory=dict)
    outbox: dict[str, Outgoing] = field(default_factory=dict)
    history: tuple[str, ...] = ()
    theme: str | None = None
    model: str | None = None
    last_conversation: int | None = None
    pane_open: bool = True
    pane_width: int | None = None
    pane_full: bool = False
    task_view: str | None = None
    hints: frozenset[str] = frozenset()
    """Written by earlier releases, and kept for them."""


class ClientState:
    """Values to read and set; `save()` puts them on disk. With no path everything lives in memory only."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._trouble: str | None = None
        self._reported = False
        self._now = self._saved = self._load()
        self._new_history: list[str] = []

    # --- values ---

    def draft(self, conversation_id: int | None) -> str:
        """The unsent text of a conversation; None asks for that of a new one."""
        return self._now.drafts.get(_key(conversation_id), "")

    def set_draft(self, conversation_id: int | None, text: str) -> None:
        """Keep the unsent text; "" forgets it."""
        self._now = replace(self._now, drafts=_with(self._now.drafts, _key(conversation_id), text))

    def queued(self, conversation_id: int | None) -> tuple[str, ...]:
        """Messages that wait for the running turn of a conversation to end."""
        return self._now.queued.get(_key(conversation_id), ())

    def set_queued(self, conversation_id: int | None, texts: Sequence[str]) -> None:
        """Keep the messages that wait for the running turn of a conversation to end."""
        self._now = replace(self._now, queued=_with(self._now.queued, _key(conversation_id), tuple(texts)))

    @property
    def outbox(self) -> tuple[Outgoing, ...]:
        """Messages that were sent and neither taken nor refused yet, oldest first."""
        return tuple(self._now.outbox.values())

    def post(self, message: Outgoing) -> None:
        """Keep a message that is about to be sent; `save` before it goes."""
        self._now = replace(self._now, outbox=_with(self._now.outbox, message.request_key, message))

    def settle(self, message: Outgoing) -> None:
        """Forget a message that was taken or refused."""
        self._now = replace(self._now, outbox=_without(self._now.outbox, message.request_key))

    @property
    def history(self) -> list[str]:
        """What was sent, oldest first."""
        return list(self._now.history)

    def remember(self, text: str) -> None:
        """Add a sent text to the history, unless it repeats the last one."""
        if not text.strip() or self._now.history[-1:] == (text,):
            return
        self._new_history.append(text)
        self._now = replace(self._now, history=_bounded([*self._now.history, text]))

    @property
    def theme(self) -> str | None:
        """Return the name of the chosen theme, None for the default one."""
        return self._now.theme

    @theme.setter
    def theme(self, name: str | None) -> None:
        self._now = replace(self._now, theme=name)

    @property
    def model(self) -> str | None:
        """The model that was chosen, None where the default one is to answer."""
        return self._now.model

    @model.setter
    def model(self, name: str | None) -> None:
        self._now = replace(self._now, model=name)

    @property
    def last_conversation(self) -> int | None:
        """Return the id of the conversation that was open last."""
        return self._now.last_conversation

    @last_conversation.setter
    def last_conversation(self, conversation_id: int | None) -> None:
        self._now = replace(self._now, last_conversation=conversation_id)

    @property
    def pane_open(self) -> bool:
        """Return whether the task pane was open last."""
        return self._now.pane_open

    @pane_open.setter
    def pane_open(self, is_open: bool) -> None:
        self._now = replace(self._now, pane_open=is_open)

    @property
    def pane_width(self) -> int | None:
        """Return the width that the user gave the task pane, None for the usual one."""
        return self._now.pane_width

    @pane_width.setter
    def pane_width(self, width: int | None) -> None:
        self._now = replace(self._now, pane_width=width)

    @property
    def pane_full(self) -> bool:
        """Return whether the task pane had the whole width last."""
        return self._now.pane_full

    @pane_full.setter
    def pane_full(self, is_full: bool) -> None:
        self._now = replace(self._now, pane_full=is_full)

    @property
    def task_view(self) -> str | None:
        """Return the id of the view of the tasks that was shown last."""
        return self._now.task_view

    @task_view.setter
    def task_view(self, view: str | None) -> None:
        self._now = replace(self._now, task_view=view)

    # --- the file ---

    @property
    def changed(self) -> bool:
        """Whether there is anything to save."""
        return bool(self._new_history) or self._now != self._saved

    @property
    def trouble(self) -> str | None:
        """One sentence on why things are not remembered, or None. Only the first such sentence is kept."""
        return self._trouble

    def take_trouble(self) -> str | None:
        """`trouble` the first time it is asked for, None from then on: for the one who shows it."""
        if self._reported or self._trouble is None:
            return None
        self._reported = True
        return self._trouble

    def save(self) -> bool:
        """Write what changed here over what the file holds by now; readers see the old file or the new one whole.

        False, and nothing else, where it cannot be written: see `trouble`.
        """
        if not self.changed:
            return True
        self._now = self._merged(self._read() or _Remembered()) if self.path else self._now
        try:
            if self.path:
                atomic_write(self.path, _to_json(self._now))
        except OSError as error:
            self._say(f"Drafts and settings cannot be saved in {self.path} ({error.strerror or error}).")
            return False
        self._saved, self._new_history = self._now, []
        return True

    def _merged(self, disk: _Remembered) -> _Remembered:
        """What is on disk, with every value that changed here since the last save."""
        now, saved = self._now, self._saved
        history = list(disk.history)
        for text in self._new_history:
            if history[-1:] != [text]:
                history.append(text)
        return _Remembered(
            drafts=_merged(disk.drafts, saved.drafts, now.drafts),
            queued=_merged(disk.queued, saved.queued, now.queued),
            outbox=_merged(disk.outbox, saved.outbox, now.outbox),
            history=_bounded(history),
            theme=disk.theme if now.theme == saved.theme else now.theme,
            model=disk.model if now.model == saved.model else now.model,
            last_conversation=(
                disk.last_conversation if now.last_conversation == saved.last_conversation else now.last_conversation
            ),
            pane_open=disk.pane_open if now.pane_open == saved.pane_open else now.pane_open,
            pane_width=disk.pane_width if now.pane_width == saved.pane_width else now.pane_width,
            pane_full=disk.pane_full if now.pane_full == saved.pane_full else now.pane_full,
            task_view=disk.task_view if now.task_view == saved.task_view else now.task_view,
            hints=disk.hints,
        )

    def _load(self) -> _Remembered:
        remembered = self._read()
        if remembered is None and self.path:
            self._say(f"Saved drafts and settings in {self.path} could not be read; starting without them.")
            with contextlib.suppress(OSError):
                self.path.replace(self.path.with_name(self.path.name + ".broken"))
        return remembered or _Remembered()

    def _read(self) -> _Remembered | None:
        """What the file holds: nothing remembered where there is no file, None where it cannot be understood."""
        if self.path is None:
            return _Remembered()
        try:
            return _from_json(self.path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return _Remembered()
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            return None

    def _say(self, sentence: str) -> None:
        self._trouble = self._trouble or sentence


def _key(conversation_id: int | None) -> str:
    return NEW if conversation_id is None else str(conversation_id)


def _with(kept: dict[str, T], key: str, value: T) -> dict[str, T]:
    """`kept` with `value` as the newest, or without the key where the value is empty; the oldest drop out."""
    others = {other: text for other, text in kept.items() if other != key}
    return dict([*others.items(), *([(key, value)] if value else [])][-DRAFTS_MAX:])


def _merged(disk: dict[str, T], saved: dict[str, T], now: dict[str, T]) -> dict[str, T]:
    for key in {**saved, **now}:
        if now.get(key) != saved.get(key):
            disk = _with(disk, key, now[key]) if key in now else _without(disk, key)
    return disk


def _without(kept: dict[str, T], key: str) -> dict[str, T]:
    return {other: text for other, text in kept.items() if other != key}


def _bounded(history: Iterable[str]) -> tuple[str, ...]:
    return tuple(history)[-HISTORY_MAX:]


def _to_json(remembered: _Remembered) -> bytes:
    return json.dumps(
        {
            "drafts": remembered.drafts,
            "queued": remembered.queued,
            "outbox": [
                {
                    "text": one.text,
                    "request_key": one.request_key,
                    "conversation_id": one.conversation_id,
                    "model": one.model,
                    "instead_of": one.instead_of,
                }
                for one in remembered.outbox.values()
            ],
            "history": remembered.history,
            "theme": remembered.theme,
            "model": remembered.model,
            "last_conversation": remembered.last_conversation,
            "pane_open": remembered.pane_open,
            "pane_width": remembered.pane_width,
            "pane_full": remembered.pane_full,
            "task_view": remembered.task_view,
            "hints": sorted(remembered.hints),
        },
        indent=1,
    ).encode("ascii")


def _from_json(data: bytes) -> _Remembered:
    """Raises ValueError, TypeError or AttributeError on anything that is not a state file; odd values are left out."""
    raw: dict[str, Any] = json.loads(data)
    theme, last = raw.get("theme"), raw.get("last_conversation")
    drafts, queued = dict(raw.get("drafts") or {}), dict(raw.get("queued") or {})
    return _Remembered(
        drafts={key: text for key, text in drafts.items() if isinstance(text, str)},
        queued={key: _texts(texts) for key, texts in queued.items() if isinstance(texts, list)},
        outbox={one.request_key: one for one in _outgoing(raw.get("outbox"))},
        history=_bounded(_texts(raw.get("history"))),
        theme=theme if isinstance(theme, str) else None,
        model=_name(raw.get("model")),
        last_conversation=_id(last),
        pane_open=raw.get("pane_open") is not False,
        pane_width=_id(raw.get("pane_width")),
        pane_full=raw.get("pane_full") is True,
        task_view=_name(raw.get("task_view")),
        hints=frozenset(_texts(raw.get("hints"))),
    )


def _texts(raw: Any) -> tuple[str, ...]:
    return tuple(text for text in raw or () if isinstance(text, str))


def _outgoing(raw: Any) -> Iterator[Outgoing]:
    for one in raw or ():
        text, key = one.get("text"), one.get("request_key")
        if isinstance(text, str) and isinstance(key, str):
            place, model = _id(one.get("conversation_id")), _name(one.get("model"))
            instead = _id(one.get("instead_of"))
            yield Outgoing(text=text, request_key=key, conversation_id=place, model=model, instead_of=instead)


def _name(raw: Any) -> str | None:
    return raw if isinstance(raw, str) and raw else None


def _id(raw: Any) -> int | None:
    return raw if isinstance(raw, int) and not isinstance(raw, bool) else None
