"""One tiny question to a model, to see whether it can do what a turn needs: stream its answer and call tools."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from kirotodo.core.domain.conversation import Usage
from kirotodo.core.models.model import (
    Facts,
    Model,
    ModelRequest,
    Restarted,
    TextDelta,
    ToolCall,
    ToolSchema,
    UsageReport,
    UserText,
)

TOOL: Final = ToolSchema(
    name="ready",
    description="Says that you are ready.",
    parameters={"type": "object", "properties": {}, "required": [], "additionalProperties": False},
)
QUESTION: Final = "Count from one to ten in words. Then call the tool `ready`, once."
SECONDS: Final = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """How the model answered: in how many pieces its text came, whether it called the tool, after how many seconds it
    began and ended, and what it cost."""

    pieces: int
    called: bool
    began: float
    ended: float
    usage: Usage


async def probe(model: Model, *, zone: ZoneInfo, seconds: float = SECONDS) -> Found:
    """Ask. Raises `ModelError` where no answer came."""
    clock = asyncio.get_running_loop().time
    start = clock()
    request = ModelRequest(
        instructions="This is a test of the connection. Do as you are told, briefly.",
        tools=(TOOL,),
        history=(UserText(text=QUESTION),),
        facts=Facts(now=datetime.now(zone), zone=zone, open_tasks=0),
        deadline=start + seconds,
    )
    pieces, called, began, usage = 0, False, 0.0, Usage()
    async with aclosing(model.stream(request)) as events:
        async for event in events:
            began = began or clock() - start
            match event:
                case TextDelta():
                    pieces += 1
                case ToolCall(tool=tool):
                    called = called or tool == TOOL.name
                case UsageReport(usage=more):
                    usage += more
                case Restarted():
                    pieces, called = 0, False
    return Found(pieces=pieces, called=called, began=began, ended=clock() - start, usage=usage)
