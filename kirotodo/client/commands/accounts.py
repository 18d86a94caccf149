"""Signing in to servers: `signup`, `login`, `logout`, `whoami`. Managing an account is in `own_account`."""

import asyncio
import sys
from collections.abc import Awaitable
from typing import Final, TypeVar

import click

from kirotodo.client.accounts.address import EXAMPLE, Address
from kirotodo.client.accounts.client_accounts import ClientAccounts, EditsWait, SignedIn, checked_email
from kirotodo.client.commands.context import FAILED, NOT_SIGNED_IN, can_ask, confirmed, leave, server_selection, session
from kirotodo.client.commands.output import prompt, put, put_json, say
from kirotodo.client.commands.params import json_option
from kirotodo.core.errors import DeletionPending, InvalidInput, NotSignedIn
from kirotodo.core.text.sanitize import sanitize_line

PASSWORD_MAX: Final = 10_000
T = TypeVar("T")

email_option = click.option("--email", metavar="EMAIL", help="Your email; asked for if you leave it out.")
stdin_option = click.option("--password-stdin", is_flag=True, help="Read the password from a pipe.")


@click.command(
    short_help="Create an account on a server and sign in.",
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
    """Create an account on the server URL and sign in to it. All commands and the chat then use your list there."""
    accounts, address = session().accounts(), address_of(url)
    given = checked_email(email if email is not None else prompt_for("Email"))
    password = password_of(from_stdin=password_stdin, twice=True)
    report_sign_in(run(accounts.sign_up(address, email=given, password=password)))


@click.command(
    short_help="Sign in to a server and use your list there.",
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
@click.option("--token", "with_token", is_flag=True, help="Sign in with a token, pasted or piped, instead.")
def login(url: str | None, email: str | None, password_stdin: bool, with_token: bool) -> None:
    """Sign in to the server URL, or to the one you used last. All commands and the chat then use your list there;
    --local uses your local list.

    If you are already signed in, this only switches to that list. The sign-in is kept in the system keyring, or in a
    file that only you can read if there is no keyring. KIROTODO_TOKEN overrides it.
    """
    if with_token and (email is not None or password_stdin):
        raise click.UsageError("Give either --token or an email and a password.")
    accounts, address = session().accounts(), address_of(url)
    if with_token:
        return report_sign_in(run(accounts.sign_in_with(address, secret_of("Token"))))
    if email is None and not password_stdin and (name := run(_already(accounts, address))):
        accounts.servers.use(address)
        return say(f"You are already signed in to {address.host} as {name}. Switched to your list there.")
    known = accounts.servers.of(address)
    given = checked_email(email if email is not None else prompt_for("Email", known.email if known else ""))
    password = password_of(from_stdin=password_stdin)
    try:
        report_sign_in(run(accounts.sign_in(address, email=given, password=password)))
    except DeletionPending as error:
        if not can_ask():
            raise DeletionPending(f"{error.message} Run `kirotodo account restore` to keep it.") from None
        if not confirmed(f"{error.message} Keep it?"):
            leave(FAILED, "You aren't signed in.")
        report_sign_in(run(accounts.sign_in(address, email=given, password=password, restore=True)))
    return None


@click.command(
    short_help="Sign out and use your local list again.",
    epilog="""\b
Examples:
  kirotodo logout
  kirotodo logout https://todo.example.com
  kirotodo logout --everywhere
  kirotodo logout --discard

\b
Exit codes: 0 done, 1 edits wait to be sent, 4 not signed in, 5 the server cannot be reached (with --everywhere).""",
)
@click.argument("url", required=False)
@click.option("--everywhere", is_flag=True, help="Sign out on all your devices.")
@click.option("--discard", is_flag=True, help="Also discard edits that the server didn't get yet.")
def logout(url: str | None, everywhere: bool, discard: bool) -> None:
    """Sign out of the server you use, or of the server URL. Your tasks there are kept; their copy here is removed."""
    accounts = session().accounts()
    address = Address.of(url) if url is not None else current_server(accounts)
    try:
        revoked = run(accounts.sign_out(address, everywhere=everywhere, discard=discard))
    except EditsWait as error:
        leave(FAILED, f"{error.message} They are sent with the next command that reaches it, or use --discard.")
    say(f"Signed out of {address.host}{' on all devices' if everywhere else ''}.")
    if not revoked:
        say("The server could not be reached. The sign-in is deleted here, and will expire there.")
    if accounts.credentials.from_environment:
        say("KIROTODO_TOKEN is still set: unset it too.")


@click.command(
    short_help="Show which server you use and who you are signed in as.",
    epilog="""\b
Examples:
  kirotodo whoami
  kirotodo whoami --json | jq -r .email

\b
Exit codes: 0 signed in, 4 not signed in, 5 the server cannot be reached.""",
)
@json_option
def whoami(as_json: bool) -> None:
    """Show which server you use and who you are signed in as. The server is asked whether that still holds."""
    accounts = session().accounts()
    address = current_server(accounts)
    user = run(accounts.who(address))
    if as_json:
        put_json({"server": address.url, "id": user.id, "email": user.email, "timezone": user.timezone})
    else:
        put(sanitize_line(f"{user.email or user.id} at {address}"))


def address_of(url: str | None) -> Address:
    """Return the server at `url`, else the one in use, else the last one used, else the one typed at a prompt."""
    accounts = session().accounts()
    if url is not None:
        return Address.of(url)
    found = accounts.chosen(server_selection()) or next((known.address for known in accounts.servers.all()), None)
    if found is not None:
        return found
    if not can_ask():
        raise InvalidInput(f"Which server? For example: kirotodo login {EXAMPLE}")
    return Address.of(prompt_for("Server"))


def current_server(accounts: ClientAccounts) -> Address:
    """Return the server in use. Exit with `NOT_SIGNED_IN` where that is the local list."""
    address = accounts.chosen(server_selection())
    if address is None:
        leave(NOT_SIGNED_IN, f"You aren't signed in. This is your local list. To sign in: kirotodo login {EXAMPLE}")
    return address


async def _already(accounts: ClientAccounts, address: Address) -> str | None:
    """Return the name of the user who is signed in to the server; None where nobody is, or no longer is."""
    try:
        user = await accounts.who(address)
    except (NotSignedIn, InvalidInput):
        return None
    return user.email or user.id


def run(what: Awaitable[T]) -> T:
    """Run an awaitable in an event loop of its own and return its result."""

    async def run() -> T:
        return await what

    return asyncio.run(run())


def report_sign_in(signed_in: SignedIn) -> None:
    """Say who is signed in to which server, and where the sign-in is kept."""
    address, stored = signed_in.address, signed_in.stored
    say(f"Signed in to {address.host} as {signed_in.name}. Commands use your list there; --local uses the local one.")
    if stored.place == "memory":
        say("KIROTODO_CREDENTIALS is memory, so this sign-in ends with this command (in the chat, when you quit).")
    elif stored.place != "keyring":
        say(f"The sign-in is stored in {stored.place}, which only you can read, because {stored.detail}.")


def prompt_for(what: str, default: str = "") -> str:
    """Prompt for a value and return it. Raises `InvalidInput` where nobody is at the terminal."""
    if not can_ask():
        raise InvalidInput(f"{what} is required. There is no terminal to ask you, so pass it as an option.")
    return prompt(what, default=default)


def password_of(*, from_stdin: bool, twice: bool = False, what: str = "Password") -> str:
    """Return the password that is piped or typed. Raises `InvalidInput` where it is empty or cannot be asked for."""
    if from_stdin:
        return _checked(piped_line())
    if not can_ask():
        raise InvalidInput("Type the password at a terminal, or pipe it with --password-stdin.")
    return _checked(prompt(what, secret=True, twice=twice))


def secret_of(what: str) -> str:
    """Return a secret that is typed without being shown, or piped."""
    return prompt(what, secret=True) if sys.stdin.isatty() else piped_line()


def piped_line() -> str:
    """Return one line from stdin. Raises `InvalidInput` where it is not UTF-8."""
    try:
        return sys.stdin.buffer.readline(PASSWORD_MAX).decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise InvalidInput("The piped input isn't UTF-8 text.") from None


def _checked(password: str) -> str:
    if not password:
        raise InvalidInput("The password is empty.")
    return password
