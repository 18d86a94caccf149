"""What the program remembers between runs: drafts, input history, theme, where one was, hints already seen.

One small JSON file. It is a convenience: a file that is broken, missing or cannot be written never stops the program,
it only makes it forget. Several programs may hold the same file; a save writes what changed here over what is there.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

HISTORY_MAX: Final = 200
DRAFTS_MAX: Final = 100
NEW: Final = "new"
"""The key of the draft for a conversation that does not exist yet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Remembered:
    drafts: dict[str, str] = field(default_factory=dict)
    history: tuple[str, ...] = ()
    theme: str | None = None
    last_conversation: int | None = None
    pane_open: bool = True
    hints: frozenset[str] = frozenset()


class ClientState:
    """Values to read and set; `save()` puts them on disk. With no path everything lives in memory only."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._trouble: str | None = None
        self._told = False
        self._now = self._saved = self._load()
        self._new_history: list[str] = []

    # --- values ---

    def draft(self, conversation_id: int | None) -> str:
        """The unsent text of a conversation; None asks for that of a new one."""
        return self._now.drafts.get(_draft_key(conversation_id), "")

    def set_draft(self, conversation_id: int | None, text: str) -> None:
        drafts = {key: value for key, value in self._now.drafts.items() if key != _draft_key(conversation_id)}
        if text:
            drafts[_draft_key(conversation_id)] = text
        self._now = replace(self._now, drafts=_newest(drafts))

    @property
    def history(self) -> tuple[str, ...]:
        """What was sent, oldest first."""
        return self._now.history

    def remember(self, text: str) -> None:
        """Add a sent text to the history, unless it repeats the last one."""
        if not text.strip() or self.history[-1:] == (text,):
            return
        self._new_history.append(text)
        self._now = replace(self._now, history=_bounded([*self.history, text]))

    @property
    def theme(self) -> str | None:
        return self._now.theme

    @theme.setter
    def theme(self, name: str | None) -> None:
        self._now = replace(self._now, theme=name)

    @property
    def last_conversation(self) -> int | None:
        return self._now.last_conversation

    @last_conversation.setter
    def last_conversation(self, conversation_id: int | None) -> None:
        self._now = replace(self._now, last_conversation=conversation_id)

    @property
    def pane_open(self) -> bool:
        return self._now.pane_open

    @pane_open.setter
    def pane_open(self, is_open: bool) -> None:
        self._now = replace(self._now, pane_open=is_open)

    def hint_seen(self, hint: str) -> bool:
        return hint in self._now.hints

    def mark_hint(self, hint: str) -> None:
        self._now = replace(self._now, hints=self._now.hints | {hint})

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
        if self._told or self._trouble is None:
            return None
        self._told = True
        return self._trouble

    def save(self) -> None:
        """Write what changed here over what the file holds by now; readers see the old file or the new one whole."""
        if not self.changed:
            return
        self._now = self._merged(self._read() or _Remembered()) if self.path else self._now
        try:
            if self.path:
                _write(self.path, _to_json(self._now))
        except OSError as error:
            self._say(f"Drafts and settings cannot be saved in {self.path} ({error.strerror or error}).")
            return
        self._saved, self._new_history = self._now, []

    def _merged(self, disk: _Remembered) -> _Remembered:
        """What is on disk, with every value that changed here since the last save."""
        now, saved = self._now, self._saved
        drafts = dict(disk.drafts)
        for key in {*now.drafts, *saved.drafts}:
            if now.drafts.get(key) != saved.drafts.get(key):
                drafts.pop(key, None)
                if key in now.drafts:
                    drafts[key] = now.drafts[key]
        history = list(disk.history)
        for text in self._new_history:
            if history[-1:] != [text]:
                history.append(text)
        return _Remembered(
            drafts=_newest(drafts),
            history=_bounded(history),
            theme=disk.theme if now.theme == saved.theme else now.theme,
            last_conversation=(
                disk.last_conversation if now.last_conversation == saved.last_conversation else now.last_conversation
            ),
            pane_open=disk.pane_open if now.pane_open == saved.pane_open else now.pane_open,
            hints=disk.hints | now.hints,
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
        except FileNotFoundError:
            return _Remembered()
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            return None

    def _say(self, sentence: str) -> None:
        self._trouble = self._trouble or sentence


def _draft_key(conversation_id: int | None) -> str:
    return NEW if conversation_id is None else str(conversation_id)


def _newest(drafts: dict[str, str]) -> dict[str, str]:
    return dict(list(drafts.items())[-DRAFTS_MAX:])


def _bounded(history: Iterable[str]) -> tuple[str, ...]:
    return tuple(history)[-HISTORY_MAX:]


def _to_json(remembered: _Remembered) -> bytes:
    return json.dumps(
        {
            "drafts": remembered.drafts,
            "history": remembered.history,
            "theme": remembered.theme,
            "last_conversation": remembered.last_conversation,
            "pane_open": remembered.pane_open,
            "hints": sorted(remembered.hints),
        },
        indent=1,
    ).encode("ascii")


def _from_json(data: bytes) -> _Remembered:
    """Raises ValueError, TypeError or AttributeError on anything that is not a state file; odd values are left out."""
    raw: dict[str, Any] = json.loads(data)
    theme, last = raw.get("theme"), raw.get("last_conversation")
    return _Remembered(
        drafts=_newest(
            {str(key): text for key, text in dict(raw.get("drafts") or {}).items() if isinstance(text, str)}
        ),
        history=_bounded(text for text in raw.get("history") or () if isinstance(text, str)),
        theme=theme if isinstance(theme, str) else None,
        last_conversation=last if isinstance(last, int) and not isinstance(last, bool) else None,
        pane_open=raw.get("pane_open") is not False,
        hints=frozenset(hint for hint in raw.get("hints") or () if isinstance(hint, str)),
    )


def _write(path: Path, data: bytes) -> None:
    """Write-then-rename, readable by the owner alone; a link is followed, so that it stays one."""
    target = Path(os.path.realpath(path))
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
