"""`tokens`: the agents that may use your list, and revoking them."""

import click

from kirotodo.client.commands.context import with_list
from kirotodo.client.commands.output import put, put_json, say


@click.group(
    invoke_without_command=True,
    short_help="List or revoke the tokens of agents.",
    epilog="""\b
Examples:
  kirotodo tokens
  kirotodo tokens --json
  kirotodo tokens revoke claude-desktop
  kirotodo token --agent claude-desktop --scope all""",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def tokens(context: click.Context, as_json: bool) -> None:
    """List the agents that have a token for your list, what each may do, and when it was last used.

    `kirotodo token --agent NAME` makes a token.
    """
    if context.invoked_subcommand is not None:
        return
    found = with_list(lambda backend: backend.agent_tokens())
    if as_json:
        put_json(found)
        return
    if not found:
        say("No agent has a token. `kirotodo token --agent NAME --scope read` makes one.")
    width = max((len(agent.name) for agent in found), default=0)
    for agent in found:
        used = "never used" if agent.last_used_at is None else f"last used {agent.last_used_at:%d %b %Y}"
        put(
            f"{agent.name:{width}}  {agent.scope:4}  made {agent.created_at:%d %b %Y}, {used}, "
            f"expires {agent.expires_at:%d %b %Y}"
        )


@tokens.command(
    short_help="Revoke the token of an agent.",
    epilog="""\b
Examples:
  kirotodo tokens revoke claude-desktop""",
)
@click.argument("name")
def revoke(name: str) -> None:
    """Revoke the token of the agent NAME, at once. What it did stays; `kirotodo undo` takes back changes."""
    with_list(lambda backend: backend.revoke_agent_token(name))
    say(f"Revoked: {name} can no longer use your list.")
