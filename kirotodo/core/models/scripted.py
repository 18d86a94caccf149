"""The shipped fake: a model that plays a script, and fails the test where the run differs from it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, TypeAlias

from kirotodo.core.lazy_dataclasses import dataclass
from kirotodo.core.models.model import ModelEvent, ModelRequest, TextDelta, ToolCall


class ScriptError(AssertionError):
    """The run needed more steps than were scripted, or left some unused."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """Hold the stream until `gate` is set."""

    gate: asyncio.Event


@dataclass(frozen=True, kw_only=True, slots=True)
class Fail:
    """Raise `error` at this point of the stream."""

    error: BaseException


Item: TypeAlias = ModelEvent | Wait | Fail | str
Step: TypeAlias = Sequence[Item] | Callable[[ModelRequest], Sequence[Item]]


def call(tool: str, **arguments: Any) -> ToolCall:
    """Return a tool call, written briefly."""
    return ToolCall(tool=tool, arguments=arguments)


class ScriptedModel:
    """Plays `steps`, one a run: strings are text, or a function of the request gives the step.

    Strict: a run past the last step raises `ScriptError`, and so does `assert_done` while steps are left. `requests`
    are the requests it was given, in order; `closed_early` counts streams that were stopped before their end.
    """

    def __init__(self, *steps: Step, name: str = "scripted") -> None:
        self.name = name
        self.requests: list[ModelRequest] = []
        self.closed_early = 0
        self._steps = list(steps)

    def extend(self, *steps: Step) -> None:
        """Add steps to the script."""
        self._steps.extend(steps)

    def clear(self) -> None:
        """Drop the remaining steps."""
        self._steps.clear()

    def assert_done(self) -> None:
        """Raise `ScriptError` while steps are left."""
        if self._steps:
            raise ScriptError(f"{len(self._steps)} scripted steps were never asked for, the first: {self._steps[0]!r}")

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """Play the next step. See `Model.stream`."""
        self.requests.append(request)
        if not self._steps:
            raise ScriptError(f"run {len(self.requests)} of the model was not scripted; it saw {request.history[-1]!r}")
        step = self._steps.pop(0)
        finished = False
        try:
            for item in step(request) if callable(step) else step:
                match item:
                    case str():
                        yield TextDelta(text=item)
                    case Wait(gate=gate):
                        await gate.wait()
                    case Fail(error=error):
                        raise error
                    case _:
                        yield item
            finished = True
        finally:
            self.closed_early += not finished

    async def aclose(self) -> None:
        """Do nothing: there is nothing to close."""
