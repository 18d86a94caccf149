"""Tokens of agents: programs that a user lets at their list. No agent can make, see or revoke one."""

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from kirotodo.core.agent_tokens import DAYS, NAME
from kirotodo.core.backend import AgentToken, TokenScope
from kirotodo.server.auth.authenticator import authenticator_of
from kirotodo.server.dependencies import PERSON, Mine, located, user_router
from kirotodo.server.openapi import carries, problems
from kirotodo.server.schemas import Body, example

router = user_router("agents", prefix="/tokens")

PATTERN = f"^{NAME.pattern}$"
Name = Annotated[str, Path(pattern=PATTERN, description="As it was called when it was made.")]


class AgentTokenBody(Body, json_schema_extra=example(name="claude-desktop", scope="add", days=90)):
    """Which agent gets a token, and what it may do."""

    name: str = Field(pattern=PATTERN, description="What to call the agent by.", examples=["claude-desktop"])
    scope: TokenScope = Field(
        description="`read`: look at everything. `add`: also add tasks. `all`: also change and delete them, and chat. "
        "`calendar`: an app password, for CalDAV alone. `feed`: the address of a calendar, to look at."
    )
    days: int = Field(default=DAYS, strict=True, ge=1, le=DAYS, description="Days until it expires.")


class AgentTokens(BaseModel):
    """The agents whose tokens hold."""

    items: tuple[AgentToken, ...]


@router.get("", dependencies=[PERSON])
async def list_agent_tokens(backend: Mine) -> AgentTokens:
    """Return the agents whose tokens hold, oldest first. The tokens themselves are not stored."""
    return AgentTokens(items=await backend.agent_tokens())


@router.post("", status_code=201, dependencies=[PERSON], responses={201: carries("Location"), **problems(409, 413)})
async def create_agent_token(body: AgentTokenBody, backend: Mine, response: Response) -> AgentToken:
    """Make a token for an agent. This answer is the only one that holds it."""
    agent = await backend.create_agent_token(body.name, body.scope, days=body.days)
    located(response, backend.user_id, f"tokens/{agent.name}")
    return agent


@router.delete("/{name}", status_code=204, dependencies=[PERSON], responses=problems(404))
async def revoke_agent_token(name: Name, backend: Mine, request: Request) -> Response:
    """End the token of an agent: at once on this server, within three seconds on any other."""
    await backend.revoke_agent_token(name)
    authenticator_of(request).agents_changed(backend.user_id)
    return Response(status_code=204)
