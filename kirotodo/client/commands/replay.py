"""Turns a recorded stream of events, as `ask --jsonl` prints it, into a backend that the chat can show."""

import asyncio
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from kirotodo.client.testing.script import Ask, Beat, ScriptedTurn
from kirotodo.client.testing.scripted_backend import ScriptedBackend
from kirotodo.core.backend import Status
from kirotodo.core.errors import Conflict, InvalidInput
from kirotodo.core.events import (
    ApprovalAnswered,
    ApprovalRequested,
    TurnEvent,
    TurnFinished,
    TurnStarted,
    decode_event,
)
from kirotodo.core.lazy_dataclasses import dataclass

PACE: Final = 0.03
"""Seconds between two events."""
REFUSALS: Final = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """Turns in the order they were recorded, each a tuple of its events."""

    turns: tuple[tuple[TurnEvent, ...], ...]


def read_recording(text: str) -> Recording:
    """Return the turns of a file with one event per line. Raises `InvalidInput` with the line that isn't one."""
    turns: dict[str, list[TurnEvent]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            event = decode_event(line)
        except ValueError:
            raise InvalidInput(f"Line {number} isn't an event. Record a turn with `kirotodo ask --jsonl`.") from None
        turns.setdefault(event.turn_id, []).append(event)
    if not turns:
        raise InvalidInput("The file contains no events. Record a turn with `kirotodo ask --jsonl`.")
    return Recording(turns=tuple(tuple(events) for events in turns.values()))


def play(recording: Recording, *, clock: Callable[[], dt.datetime]) -> tuple[ScriptedBackend, int]:
    """Return a backend with one conversation, in which the earlier turns are over and the last one starts now."""
    refusal = Conflict("This is a recording, so you can't send messages.")
    backend = ScriptedBackend(
        clock=clock,
        turns=[ScriptedTurn(refuse=refusal)] * REFUSALS,
        pace=lambda: asyncio.sleep(PACE),
        status=Status(link="local", place="recording", model=_model(recording), user="local", pending=0),
    )
    *earlier, last = recording.turns
    exchanges = [(_message(events), _response(events)) for events in earlier]
    conversation_id = backend.add_conversation("Recording", exchanges)
    backend.begin_turn(conversation_id, _message(last), list(_beats(last)))
    return backend, conversation_id


def _beats(events: Sequence[TurnEvent]) -> Iterator[Beat]:
    """What happened, without what the backend says by itself; whatever is answered, it goes on as it did."""
    for place, event in enumerate(events):
        match event:
            case TurnStarted() | ApprovalAnswered():
                continue
            case ApprovalRequested():
                rest = list(_beats(events[place + 1 :]))
                yield Ask(approval=event.approval, yes=rest, no=rest)
                return
            case _:
                yield event


def _message(events: Sequence[TurnEvent]) -> str:
    return next((event.message for event in events if isinstance(event, TurnStarted)), "…")


def _response(events: Sequence[TurnEvent]) -> str:
    return next((event.response for event in events if isinstance(event, TurnFinished)), "")


def _model(recording: Recording) -> str:
    started = (event.model for events in recording.turns for event in events if isinstance(event, TurnStarted))
    return next(started, "recording")
