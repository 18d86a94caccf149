"""The tools of a turn, for programs that run a model of their own."""

from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, Field
from starlette.requests import Request

from kirotodo.core.backend import ToolAnswer, ToolInfo, ToolOutcome
from kirotodo.core.domain.history import ACTOR_NAME_MAX
from kirotodo.core.text.sanitize import sanitize_line
from kirotodo.server.auth.authenticator import authenticator_of
from kirotodo.server.dependencies import BY_TOOL, EditKey, Mine, user_router
from kirotodo.server.openapi import problems
from kirotodo.server.schemas import Body, example

router = user_router("tools", prefix="/tools")

ToolName = Annotated[str, Path(pattern=r"^[a-z_]{1,40}$", description="One of the tools.")]


class ToolCallBody(Body, json_schema_extra=example(arguments={"title": "Pay rent", "due": "friday"}, agent="my-agent")):
    """The arguments of a call, and the answer of the user if the call had to be asked about."""

    arguments: dict[str, Any] = Field(default_factory=dict, examples=[{"title": "Pay rent", "due": "friday"}])
    answer: ToolAnswer | None = Field(default=None, description="What the user said to the `approval` of this call.")
    agent: str | None = Field(default=None, max_length=ACTOR_NAME_MAX, description="What the program calls itself.")


class ToolsOut(BaseModel):
    """The tools there are."""

    items: tuple[ToolInfo, ...]


@router.get("")
async def list_tools(backend: Mine) -> ToolsOut:
    """Return the tools, with the JSON Schema of their arguments and the scope that each needs."""
    return ToolsOut(items=await backend.tools())


@router.post("/{tool}", dependencies=[BY_TOOL], responses=problems(404, 409, 412, 413))
async def call_tool(
    tool: ToolName, body: ToolCallBody, backend: Mine, request: Request, key: EditKey = None
) -> ToolOutcome:
    """Call a tool, once. The same key, or the same call within a minute, gets the first outcome.

    `needs_approval` comes with a question for the user: repeat the call with the `answer`. `say` begins a turn.
    """
    principal = request.state.principal
    if tool == "say":
        await authenticator_of(request).limits.take_for(request, "turn", principal.user_id)
    # An agent is known by its token; what it calls itself counts for a person's token alone.
    agent = principal.agent or (sanitize_line(body.agent or "") or None)
    return await backend.call_tool(tool, body.arguments, request_key=key, answer=body.answer, agent=agent)
