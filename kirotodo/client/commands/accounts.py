"""Accounts at servers: `signup`, `login`, `logout`, `whoami`."""

import asyncio
import sys
from collections.abc import Awaitable
from typing import Final, TypeVar

import click

from kirotodo.client.accounts.accounts import ClientAccounts, SignedIn, checked_email
from kirotodo.client.accounts.address import EXAMPLE, Address
from kirotodo.client.commands.context import FAILED, NOT_SIGNED_IN, asked, can_ask, confirmed, leave, session
from kirotodo.client.commands.output import prompt, put, put_json, say
from kirotodo.client.commands.params import json_option
from kirotodo.core.errors import DeletionPending, InvalidInput, NotSignedIn
from kirotodo.core.text.sanitize import sanitize_line

PASSWORD_MAX: Final = 10_000
T = TypeVar("T")

email_option = click.option("--email", metavar="EMAIL", help="Asked for where it is not given.")
stdin_option = click.option("--password-stdin", is_flag=True, help="Read the password from a pipe.")


@click.command(
    short_help="Make an account at a server, and sign in.",
    epilog="""\b
Examples:
  kirotodo signup https://todo.example.com
  pass show kirotodo | kirotodo signup https://todo.example.com --email ada@example.com --password-stdin

\b
Exit codes: 0 done, 1 the server refused, 2 wrong usage, 5 the server cannot be reached.""",
)
@click.argument("url", required=False)
@email_option
@stdin_option
def signup(url: str | None, email: str | None, password_stdin: bool) -> None:
    """Make an account at the server URL, and sign in there: from then on all commands and the chat act on your list
    at that server."""
    accounts, address = session().accounts(), address_of(url)
    given = checked_email(email if email is not None else asked_for("Email"))
    password = password_of(from_stdin=password_stdin, twice=True)
    tell(run(accounts.sign_up(address, email=given, password=password)))


@click.command(
    short_help="Sign in at a server: its list is the one to act on.",
    epilog="""\b
Examples:
  kirotodo login https://todo.example.com
  kirotodo login todo.example.com --email ada@example.com
  pass show kirotodo | kirotodo login todo.example.com --email ada@example.com --password-stdin
  kirotodo login http://localhost:8000 --token < token.txt

\b
Exit codes: 0 done, 2 wrong usage, 4 refused, 5 the server cannot be reached.""",
)
@click.argument("url", required=False)
@email_option
@stdin_option
@click.option("--token", "with_token", is_flag=True, help="Sign in with a token, pasted or piped, in place of these.")
def login(url: str | None, email: str | None, password_stdin: bool, with_token: bool) -> None:
    """Sign in at the server URL (without it: where you were the last time). From then on all commands and the chat
    act on your list there; --local acts on the one of this computer.

    Where you are signed in already this only changes the list. The sign-in is kept in the system keyring, or where
    there is none in a file that only you can read. The variable KIROTODO_TOKEN wins over it.
    """
    if with_token and (email is not None or password_stdin):
        raise click.UsageError("Give either --token or an email and a password.")
    accounts, address = session().accounts(), address_of(url)
    if with_token:
        return tell(run(accounts.sign_in_with(address, secret_of("Token"))))
    if email is None and not password_stdin and (name := run(_already(accounts, address))):
        accounts.servers.use(address)
        return say(f"You are signed in at {address.host} as {name}; that list is the one to act on.")
    known = accounts.servers.of(address)
    given = checked_email(email if email is not None else asked_for("Email", known.email if known else ""))
    password = password_of(from_stdin=password_stdin)
    try:
        tell(run(accounts.sign_in(address, email=given, password=password)))
    except DeletionPending as error:
        if not can_ask():
            raise DeletionPending(f"{error.message} `kirotodo account restore` keeps it.") from None
        if not confirmed(f"{error.message} Keep it?"):
            leave(FAILED, "You are not signed in.")
        tell(run(accounts.sign_in(address, email=given, password=password, restore=True)))
    return None


@click.command(
    short_help="Sign out; commands act on the local list again.",
    epilog="""\b
Examples:
  kirotodo logout
  kirotodo logout https://todo.example.com
  kirotodo logout --everywhere

\b
Exit codes: 0 done, 4 not signed in, 5 the server cannot be reached (with --everywhere).""",
)
@click.argument("url", required=False)
@click.option("--everywhere", is_flag=True, help="End every sign-in of yours, on all devices.")
def logout(url: str | None, everywhere: bool) -> None:
    """Sign out of the server that commands act on, or of the server URL. What you have written there stays there."""
    accounts = session().accounts()
    address = Address.of(url) if url is not None else current_server(accounts)
    told = run(accounts.sign_out(address, everywhere=everywhere))
    say(f"Signed out of {address.host}{' on all devices' if everywhere else ''}.")
    if not told:
        say("The server could not be told: the sign-in is gone from this computer, and ends there by itself.")
    if accounts.credentials.from_environment:
        say("KIROTODO_TOKEN is still set: unset it as well.")


@click.command(
    short_help="Say which server one is signed in at, and as whom.",
    epilog="""\b
Examples:
  kirotodo whoami
  kirotodo whoami --json | jq -r .email

\b
Exit codes: 0 signed in, 4 not signed in, 5 the server cannot be reached.""",
)
@json_option
def whoami(as_json: bool) -> None:
    """Ask the server that commands act on whom it takes you for."""
    accounts = session().accounts()
    address = current_server(accounts)
    user = run(accounts.who(address))
    if as_json:
        put_json({"server": address.url, "id": user.id, "email": user.email, "timezone": user.timezone})
    else:
        put(sanitize_line(f"{user.email or user.id} at {address}"))


def address_of(url: str | None) -> Address:
    """The server that was named, else the one that commands act on, else the latest, else what is typed now."""
    accounts = session().accounts()
    if url is not None:
        return Address.of(url)
    found = accounts.chosen(asked()) or next((known.address for known in accounts.servers.all()), None)
    if found is not None:
        return found
    if not can_ask():
        raise InvalidInput(f"Which server? For example: kirotodo login {EXAMPLE}")
    return Address.of(asked_for("Server"))


def current_server(accounts: ClientAccounts) -> Address:
    address = accounts.chosen(asked())
    if address is None:
        leave(NOT_SIGNED_IN, f"You are not signed in: the list is that of this computer. kirotodo login {EXAMPLE}")
    return address


async def _already(accounts: ClientAccounts, address: Address) -> str | None:
    """As whom one is signed in there; None where one is not, or not any more."""
    try:
        user = await accounts.who(address)
    except (NotSignedIn, InvalidInput):
        return None
    return user.email or user.id


def run(what: Awaitable[T]) -> T:
    async def run() -> T:
        return await what

    return asyncio.run(run())


def tell(signed_in: SignedIn) -> None:
    address, stored = signed_in.address, signed_in.stored
    say(f"Signed in at {address.host} as {signed_in.name}. Your list there is the one to act on; --local is the other.")
    if stored.place == "memory":
        say("KIROTODO_CREDENTIALS is memory: this sign-in ends with this command. In the chat it lasts as long as it.")
    elif stored.place != "keyring":
        say(f"The sign-in is kept in {stored.place}, which only you can read, since {stored.detail}.")


def asked_for(what: str, default: str = "") -> str:
    if not can_ask():
        raise InvalidInput(f"{what}? There is nobody to ask: give it as an option.")
    return prompt(what, default=default)


def password_of(*, from_stdin: bool, twice: bool = False, what: str = "Password") -> str:
    if from_stdin:
        return _checked(piped_line())
    if not can_ask():
        raise InvalidInput("A password is typed at a terminal, or piped with --password-stdin.")
    return _checked(prompt(what, secret=True, twice=twice))


def secret_of(what: str) -> str:
    """Typed unseen, or from a pipe."""
    return prompt(what, secret=True) if sys.stdin.isatty() else piped_line()


def piped_line() -> str:
    try:
        return sys.stdin.buffer.readline(PASSWORD_MAX).decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise InvalidInput("What was piped is not UTF-8 text.") from None


def _checked(password: str) -> str:
    if not password:
        raise InvalidInput("The password is empty.")
    return password
