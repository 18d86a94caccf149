"""One's account at a server: `passwd`, `account delete`, `account restore`."""

from pathlib import Path
from typing import Final

import click

from kirotodo.client.accounts.accounts import ClientAccounts, checked_email
from kirotodo.client.accounts.address import Address
from kirotodo.client.commands.accounts import (
    address_of,
    asked_for,
    current_server,
    email_option,
    password_of,
    piped_line,
    run,
    secret_of,
    stdin_option,
    tell,
)
from kirotodo.client.commands.context import can_ask, session
from kirotodo.client.commands.output import prompt, say
from kirotodo.client.commands.transfer import export_to
from kirotodo.core.errors import InvalidInput, NotSignedIn

EXPORT_HINT: Final = (
    "Nothing can be read once it is closed. `--export FILE` writes your tasks first, "
    "`kirotodo conversations export ID` a conversation."
)


@click.command(
    short_help="Set a new password at a server.",
    epilog="""\b
Examples:
  kirotodo passwd
  kirotodo passwd https://todo.example.com
  kirotodo passwd --reset https://todo.example.com
  printf '%s\\n' "$OLD" "$NEW" | kirotodo passwd

\b
Exit codes: 0 done, 2 wrong usage or refused, 4 not signed in, 5 the server cannot be reached.""",
)
@click.argument("url", required=False)
@click.option("--reset", is_flag=True, help="With a reset token of the server's operator in place of the current one.")
def passwd(url: str | None, reset: bool) -> None:
    """Set a new password at the server you are signed in to, or at the server URL. Every other sign-in ends.

    The passwords are typed unseen, or read from a pipe: the current one (or the reset token), then the new one, a line
    each. Whoever runs the server makes a reset token with `kirotodo token --reset-password EMAIL`.
    """
    accounts = session().accounts()
    if reset:
        address = address_of(url)
        token = secret_of("Reset token")
        return tell(run(accounts.reset_password(address, token=token, new=_new_password())))
    address = Address.of(url) if url is not None else current_server(accounts)
    run(accounts.tokens(address))  # before anything is typed
    current = secret_of("Current password")
    run(accounts.change_password(address, current=current, new=_new_password()))
    say(f"Your password at {address.host} is changed. Every other sign-in has ended.")
    if accounts.credentials.from_environment:
        say("KIROTODO_TOKEN is still set, and has ended with the others: unset it.")
    return None


def _new_password() -> str:
    return password_of(from_stdin=not can_ask(), twice=True, what="New password")


@click.group(
    short_help="Delete your account on a server, or keep it after all.",
    epilog="""\b
Examples:
  kirotodo account delete
  kirotodo account restore""",
)
def account() -> None:
    """Delete your account on the server you use, or keep it after all."""


@account.command(
    short_help="Delete your account with everything in it.",
    epilog="""\b
Examples:
  kirotodo account delete
  kirotodo account delete --export tasks.json
  pass show kirotodo | kirotodo account delete --confirm ada@example.com

\b
Exit codes: 0 done, 2 wrong usage or refused, 4 not signed in, 5 the server cannot be reached.""",
)
@click.option("--export", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write your tasks there first.")
@click.option("--confirm", metavar="EMAIL", help="Your email (or your id), in place of typing it when asked.")
def delete(file: Path | None, confirm: str | None) -> None:
    """Delete your account at the server, with every task and conversation in it.

    It is closed at once, and every sign-in ends. The server deletes it some days later; until then
    `kirotodo account restore` keeps it. Your local list is not touched.
    """
    accounts = session().accounts()
    address = current_server(accounts)
    user = run(accounts.who(address))
    name = user.email or user.id
    if confirm is None and not can_ask():
        raise InvalidInput(f"This deletes the account of {name} at {address.host}: confirm with --confirm {name}.")
    if file is not None:
        export_to(file)
    elif can_ask():
        say(EXPORT_HINT)
    confirm = confirm or asked_for(f"Type {name} to delete the account at {address.host} and everything in it")
    if confirm.strip().casefold() != name.casefold():
        raise InvalidInput(f"That isn't {name}. Nothing was deleted.")
    at = run(accounts.delete(address, confirm=confirm, password=_password_if_any(accounts, address)))
    say(f"Your account at {address.host} is closed, and will be deleted with everything in it on {at:%d %B %Y}.")
    say("Until then `kirotodo account restore` keeps it.")


def _password_if_any(accounts: ClientAccounts, address: Address) -> str | None:
    """Return the password of an account that has one; a sign-in with a token may be of one that has none."""
    by_token = run(accounts.tokens(address)).refresh_token is None
    if not by_token:
        return password_of(from_stdin=not can_ask())
    if not can_ask():
        return piped_line() or None
    return prompt("Password (press Enter if you have none)", secret=True, optional=True) or None


@account.command(
    short_help="Keep an account that was to be deleted.",
    epilog="""\b
Examples:
  kirotodo account restore
  kirotodo account restore --server https://todo.example.com --email ada@example.com""",
)
@email_option
@stdin_option
def restore(email: str | None, password_stdin: bool) -> None:
    """Keep your account at the server after all, and sign in: possible until the day it is deleted on."""
    accounts = session().accounts()
    address = address_of(None)
    try:
        run(accounts.restore(address))
    except NotSignedIn:
        known = accounts.servers.of(address)
        given = checked_email(email or asked_for("Email", known.email if known else ""))
        password = password_of(from_stdin=password_stdin)
        tell(run(accounts.sign_in(address, email=given, password=password, restore=True)))
    say(f"Your account at {address.host} is kept.")
