"""Managing an account on a server: `passwd`, `account delete`, `account restore`."""

from pathlib import Path
from typing import Final

import click

from kirotodo.client.accounts.address import Address
from kirotodo.client.accounts.client_accounts import ClientAccounts, checked_email
from kirotodo.client.commands.accounts import (
    address_of,
    current_server,
    email_option,
    password_of,
    piped_line,
    prompt_for,
    report_sign_in,
    run,
    secret_of,
    stdin_option,
)
from kirotodo.client.commands.context import can_ask, session
from kirotodo.client.commands.output import prompt, say
from kirotodo.client.commands.transfer import export_to
from kirotodo.core.errors import InvalidInput, NotSignedIn

EXPORT_HINT: Final = (
    "You can't read anything once the account is closed. `--export FILE` saves your tasks first, "
    "and `kirotodo conversations export ID` saves a conversation."
)


@click.command(
    short_help="Change your password on a server.",
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
@click.option(
    "--reset", is_flag=True, help="Use a reset token from the server's operator instead of the current password."
)
def passwd(url: str | None, reset: bool) -> None:
    """Change your password on the server you are signed in to, or on the server URL. All other sign-ins end.

    Type the passwords, which are not shown, or pipe them one per line: the current one (or the reset token), then the
    new one. The server's operator creates a reset token with `kirotodo token --reset-password EMAIL`.
    """
    accounts = session().accounts()
    if reset:
        address = address_of(url)
        token = secret_of("Reset token")
        return report_sign_in(run(accounts.reset_password(address, token=token, new=_new_password())))
    address = Address.of(url) if url is not None else current_server(accounts)
    run(accounts.tokens(address))  # before anything is typed
    current = secret_of("Current password")
    run(accounts.change_password(address, current=current, new=_new_password()))
    say(f"Your password on {address.host} is changed. All other sign-ins have ended.")
    if accounts.credentials.from_environment:
        say("KIROTODO_TOKEN is still set, but no longer valid: unset it.")
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
    short_help="Delete your account and everything in it.",
    epilog="""\b
Examples:
  kirotodo account delete
  kirotodo account delete --export tasks.json
  pass show kirotodo | kirotodo account delete --confirm ada@example.com

\b
Exit codes: 0 done, 2 wrong usage or refused, 4 not signed in, 5 the server cannot be reached.""",
)
@click.option(
    "--export", "file", type=click.Path(dir_okay=False, path_type=Path), help="Save your tasks to this file first."
)
@click.option("--confirm", metavar="EMAIL", help="Your email (or id), instead of typing it when asked.")
def delete(file: Path | None, confirm: str | None) -> None:
    """Delete your account on the server, with every task and conversation in it.

    The account is closed at once, and all sign-ins end. The server deletes it some days later; until then you can
    keep it with `kirotodo account restore`. Your local list is not touched.
    """
    accounts = session().accounts()
    address = current_server(accounts)
    user = run(accounts.who(address))
    name = user.email or user.id
    if confirm is None and not can_ask():
        raise InvalidInput(f"This deletes the account of {name} on {address.host}. Confirm with --confirm {name}.")
    if file is not None:
        export_to(file)
    elif can_ask():
        say(EXPORT_HINT)
    confirm = confirm or prompt_for(f"Type {name} to delete the account on {address.host} and everything in it")
    if confirm.strip().casefold() != name.casefold():
        raise InvalidInput(f"That isn't {name}. Nothing was deleted.")
    at = run(accounts.delete(address, confirm=confirm, password=_password_if_any(accounts, address)))
    say(f"Your account on {address.host} is closed. It will be deleted with everything in it on {at:%d %B %Y}.")
    say("To keep it, run `kirotodo account restore` before then.")


def _password_if_any(accounts: ClientAccounts, address: Address) -> str | None:
    """Return the password of an account that has one; a sign-in with a token may be of one that has none."""
    by_token = run(accounts.tokens(address)).refresh_token is None
    if not by_token:
        return password_of(from_stdin=not can_ask())
    if not can_ask():
        return piped_line() or None
    return prompt("Password (press Enter if you have none)", secret=True, optional=True) or None


@account.command(
    short_help="Keep an account that is due to be deleted.",
    epilog="""\b
Examples:
  kirotodo account restore
  kirotodo account restore --server https://todo.example.com --email ada@example.com""",
)
@email_option
@stdin_option
def restore(email: str | None, password_stdin: bool) -> None:
    """Keep your account on the server after all, and sign in. This works until the day the account is deleted."""
    accounts = session().accounts()
    address = address_of(None)
    try:
        run(accounts.restore(address))
    except NotSignedIn:
        known = accounts.servers.of(address)
        given = checked_email(email or prompt_for("Email", known.email if known else ""))
        password = password_of(from_stdin=password_stdin)
        report_sign_in(run(accounts.sign_in(address, email=given, password=password, restore=True)))
    say(f"Your account on {address.host} is kept.")
