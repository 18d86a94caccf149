"""A model with a fallback: when the first is down the second answers, and the answer says so."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Final

from kirotodo.core.errors import ModelError
from kirotodo.core.models.model import (
    AssistantStep,
    Model,
    ModelEvent,
    ModelRequest,
    Restarted,
    TextDelta,
    UserText,
)
from kirotodo.core.models.openai.errors import ProviderFault, TooSlow

NOTICE: Final = "*The model cannot be reached; the built-in one answers.*"
SLOW_NOTICE: Final = "*The model took longer than AGENT_TIMEOUT allows; the built-in one answers.*"
NOTICES: Final = (NOTICE, SLOW_NOTICE)


class FallbackModel:
    """Streams from `first`; where that is down before it did anything in this turn, from `second`.

    A turn in which `first` has already called tools is not handed over: `second` did not choose those calls.
    """

    def __init__(self, first: Model, second: Model) -> None:
        self.name = first.name
        self._first = first
        self._second = second

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """Stream one step. See `Model.stream`."""
        steps = steps_of_turn(request)
        if steps and steps[0].text.startswith(NOTICES):
            async with aclosing(self._second.stream(request)) as events:
                async for event in events:
                    yield event
            return
        has_text = False
        try:
            async with aclosing(self._first.stream(without_notices(request))) as events:
                async for event in events:
                    has_text = has_text or isinstance(event, TextDelta)
                    yield event
            return
        except ModelError as fault:
            if steps or not (isinstance(fault, ProviderFault) and fault.kind == "down"):
                raise
            notice = SLOW_NOTICE if isinstance(fault, TooSlow) else NOTICE
        if has_text:
            yield Restarted()
        yield TextDelta(text=notice)
        apart = "\n\n"
        async with aclosing(self._second.stream(request)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    event, apart = TextDelta(text=apart + event.text), ""
                yield event

    async def aclose(self) -> None:
        """Close both models."""
        await self._first.aclose()
        await self._second.aclose()


def steps_of_turn(request: ModelRequest) -> tuple[AssistantStep, ...]:
    """Return the steps of the turn in progress: those after the last user text."""
    last = max((at for at, item in enumerate(request.history) if isinstance(item, UserText)), default=-1)
    return tuple(item for item in request.history[last + 1 :] if isinstance(item, AssistantStep))


def without_notices(request: ModelRequest) -> ModelRequest:
    """Return the request without our notices in the answers, which `first` would imitate."""
    history = tuple(
        replace(item, text=_without_notice(item.text)) if isinstance(item, AssistantStep) else item
        for item in request.history
    )
    return replace(request, history=history)


def _without_notice(text: str) -> str:
    for notice in NOTICES:
        text = text.removeprefix(notice)
    return text.lstrip()
