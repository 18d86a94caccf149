"""`signup`, `login`, `logout`, `whoami`, and which list the other commands then act on: the real front door, a real
server, a keyring in memory."""

import itertools
import json
import stat
from pathlib import Path
from typing import Any, Final

import keyring
import pytest
from click.testing import CliRunner, Result

from kirotodo.cli import command_group
from tests.client.commands.shared_server import SharedServer
from tests.keyrings import HangingKeyring, MemoryKeyring, NoKeyring
from tests.server.serving import token_for

pytestmark = pytest.mark.usefixtures("memory_keyring")

PASSWORD: Final = "correct horse battery"
_people = itertools.count(1)


class Person:
    """Somebody with a home, a shell and, unless told otherwise, a keyring."""

    def __init__(self, home: Path, server: SharedServer) -> None:
        self.home = home
        self.server = server
        self.url = server.base_url
        self.host = server.base_url.removeprefix("http://")
        self.email = f"person{next(_people)}@example.com"
        self.variables: dict[str, str] = {}

    def run(self, *args: str, stdin: str | None = None) -> Result:
        environment = {"KIROTODO_HOME": str(self.home), "TIMEZONE": "Europe/Vienna", **self.variables}
        return CliRunner(env={"KIROTODO_SERVER": None, "KIROTODO_TOKEN": None, **environment}).invoke(
            command_group(), args, input=stdin
        )

    def ok(self, *args: str, stdin: str | None = None) -> Result:
        result = self.run(*args, stdin=stdin)
        assert result.exit_code == 0, result.output
        return result

    def fails(self, code: int, *args: str, stdin: str | None = None) -> str:
        """What was said on stderr; nothing is printed."""
        result = self.run(*args, stdin=stdin)
        assert result.exit_code == code, result.output
        assert result.stdout == ""
        assert "went wrong inside" not in result.stderr
        return result.stderr

    def enter(self, how: str = "signup") -> str:
        return self.ok(how, self.url, "--email", self.email, "--password-stdin", stdin=f"{PASSWORD}\n").stderr

    def titles(self, *args: str) -> list[str]:
        items: list[dict[str, Any]] = json.loads(self.ok("list", "--json", *args).stdout)["items"]
        return [item["title"] for item in items]


@pytest.fixture
def person(tmp_path: Path, server_of_all: SharedServer) -> Person:
    return Person(tmp_path / "home", server_of_all)


@pytest.mark.slow
def test_in_and_out_and_in_again(person: Person, memory_keyring: MemoryKeyring) -> None:
    person.ok("add", "at home")
    output = person.enter()
    assert f"Signed in to {person.host} as {person.email}" in output
    assert [user for _, user in memory_keyring.kept] == [f"server:{person.url}"]
    assert json.loads(person.ok("whoami", "--json").stdout)["email"] == person.email
    assert person.ok("whoami").stdout == f"{person.email} at {person.url}\n"
    person.ok("add", "at the server")
    assert person.titles() == ["at the server"]
    assert "Signed out" in person.ok("logout").stderr
    assert memory_keyring.kept == {}
    assert person.titles() == ["at home"]
    assert "aren't signed in" in person.fails(4, "whoami")
    assert "aren't signed in" in person.fails(4, "logout")
    person.enter("login")
    assert person.titles() == ["at the server"]


def test_which_list_may_be_said_before_the_command_or_after_it(person: Person) -> None:
    person.ok("add", "at home")
    person.enter()
    person.ok("add", "at the server")
    assert person.titles("--local") == ["at home"]
    local = json.loads(person.ok("--local", "list", "--json").stdout)["items"]
    assert [task["title"] for task in local] == ["at home"]
    person.ok("--local", "conversations", "list")
    person.ok("conversations", "list", "--local")
    person.variables["KIROTODO_SERVER"] = "localhost:1"
    assert "aren't signed in to localhost:1. Run `kirotodo login`" in person.fails(4, "list")
    assert person.titles("--server", person.url) == ["at the server"]
    assert person.titles("--local") == ["at home"]
    assert "not both" in person.fails(2, "--local", "list", "--server", person.url)
    assert "not both" in person.fails(2, "list", "--server", "localhost:1", "--server", person.url, "--local")


def test_signed_in_already_it_only_changes_the_list(person: Person) -> None:
    person.enter()
    assert f"signed in to {person.host} as {person.email}" in person.ok("login").stderr
    assert "signed in" in person.ok("login", person.url).stderr


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "words"),
    [
        (
            ["login", "--email", "EMAIL", "--password-stdin"],
            "wrong password here\n",
            4,
            "Wrong e-mail address or password",
        ),
        (["login", "--email", "nobody@example.com", "--password-stdin"], "wrong password\n", 4, "Wrong e-mail address"),
        (["signup", "--email", "EMAIL", "--password-stdin"], f"{PASSWORD}\n", 1, ""),
        (["signup", "--email", "new@example.com", "--password-stdin"], "short\n", 2, "password"),
        (["signup", "--email", "new@example.com", "--password-stdin"], "\n", 2, "empty"),
        (["signup", "--email", "no address", "--password-stdin"], f"{PASSWORD}\n", 2, "isn't a valid email address"),
        (["login", "--email", "EMAIL"], "", 2, "--password-stdin"),
        (["login"], "", 2, "no terminal to ask"),
        (["login", "--token"], "garbage\n", 2, "isn't a valid kirotodo token"),
        (["login", "--token", "--password-stdin"], "x\n", 2, "either"),
    ],
)
def test_what_is_refused(person: Person, arguments: list[str], stdin: str, code: int, words: str) -> None:
    person.enter()
    person.ok("logout")
    given = [person.email if argument == "EMAIL" else argument for argument in arguments]
    output = person.fails(code, *given[:1], person.url, *given[1:], stdin=stdin)
    assert words in output
    assert "wrong password here" not in output
    assert "garbage" not in output


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("http://todo.example.com", 2, "Use https://todo.example.com"),
        ("ftp://x", 2, "ftp://"),
        ("two words", 2, "isn't a valid server address"),
        ("localhost:1", 5, "Nothing answers at localhost:1"),
    ],
)
def test_where_no_server_is(person: Person, url: str, code: int, words: str) -> None:
    output = person.fails(code, "login", url, "--email", "a@example.com", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert words in output


def test_a_path_of_the_server_does_for_its_address(person: Person) -> None:
    person.enter()
    person.ok("logout")
    person.url += "/docs"
    person.enter("login")
    person.ok("whoami")


def test_with_a_token(person: Person, memory_keyring: MemoryKeyring) -> None:
    given = token_for("somebody")
    assert "as somebody" in person.ok("login", person.url, "--token", stdin=f"{given}\n").stderr
    assert json.loads(person.ok("whoami", "--json").stdout)["id"] == "somebody"
    person.ok("logout")
    assert memory_keyring.kept == {}


def test_a_token_of_the_environment_wins(person: Person) -> None:
    person.enter()
    person.variables["KIROTODO_TOKEN"] = token_for("another")
    assert json.loads(person.ok("whoami", "--json").stdout)["id"] == "another"
    person.variables["KIROTODO_TOKEN"] = "garbage"
    assert "KIROTODO_TOKEN" in person.fails(2, "list")
    person.variables["KIROTODO_TOKEN"] = token_for("another").rpartition(".")[0] + ".forged"
    assert "doesn't accept the token in KIROTODO_TOKEN" in person.fails(4, "list")


def test_signing_out_everywhere_ends_every_other_sign_in(
    person: Person, server_of_all: SharedServer, tmp_path: Path
) -> None:
    person.enter()
    elsewhere = Person(tmp_path / "elsewhere", server_of_all)
    elsewhere.email = person.email
    keyring.set_keyring(MemoryKeyring())
    elsewhere.enter("login")
    assert "on all devices" in elsewhere.ok("logout", "--everywhere").stderr
    keyring.set_keyring(NoKeyring())
    assert elsewhere.titles() == []


def test_a_sign_in_that_was_ended_elsewhere_is_told(
    person: Person, server_of_all: SharedServer, tmp_path: Path
) -> None:
    person.enter()
    mine = keyring.get_keyring()
    elsewhere = Person(tmp_path / "elsewhere", server_of_all)
    elsewhere.email = person.email
    keyring.set_keyring(MemoryKeyring())
    elsewhere.enter("login")
    elsewhere.ok("logout", "--everywhere")
    keyring.set_keyring(mine)
    output = person.fails(4, "list")
    assert "has expired. Sign in again. Run `kirotodo login` to sign in." in output
    person.enter("login")
    assert person.titles() == []


def test_without_a_keyring_the_file_is_named(person: Person) -> None:
    keyring.set_keyring(NoKeyring())
    output = person.enter()
    file = person.home / "credentials.json"
    assert f"The sign-in is stored in {file}, which only you can read, because this machine has no keyring." in output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    person.ok("whoami")


def test_a_keyring_that_hangs_is_not_waited_for(person: Person, hanging_keyring: HangingKeyring) -> None:
    assert "did not answer within 2 seconds" in person.enter()
    person.ok("whoami")


def test_config_and_doctor_say_where_the_list_is(person: Person) -> None:
    assert "on this computer" in person.ok("doctor", "--offline").stdout
    person.enter()
    assert f"Your list is at {person.url}" in person.ok("config").stderr
    assert f"at {person.url} as {person.email}" in person.ok("doctor").stdout
    person.variables["KIROTODO_SERVER"] = "localhost:1"
    assert "BAD   list" in person.run("doctor").stdout


def test_a_dry_run_needs_a_list_that_is_here(person: Person) -> None:
    person.enter()
    assert f"that of {person.host} is not here" in person.fails(2, "ask", "--dry-run", "hello")


# --- passwords ---

NEW: Final = "quite another horse"


def reset_token(person: Person) -> str:
    """What whoever runs the server gets from the command for it."""
    environment = {"KIROTODO_HOME": str(person.home), "DATABASE_URL": person.server.settings.database_url}
    result = CliRunner(env=environment).invoke(command_group(), ["token", "--reset-password", person.email])
    assert result.exit_code == 0, result.output
    assert "once" in result.stderr
    return result.stdout.strip()


def test_a_new_password_keeps_one_signed_in(person: Person) -> None:
    person.enter()
    person.ok("add", "at the server")
    assert "changed" in person.ok("passwd", stdin=f"{PASSWORD}\n{NEW}\n").stderr
    assert person.titles() == ["at the server"]
    person.ok("logout")
    person.fails(4, "login", person.url, "--email", person.email, "--password-stdin", stdin=f"{PASSWORD}\n")
    person.ok("login", person.url, "--email", person.email, "--password-stdin", stdin=f"{NEW}\n")


@pytest.mark.parametrize(
    ("stdin", "words"),
    [
        (f"wrong password\n{NEW}\n", "isn't your current password"),
        (f"{PASSWORD}\nPassword1\n", "most common"),
        (f"{PASSWORD}\nshort\n", "8 characters"),
        (f"{PASSWORD}\n", "empty"),
    ],
)
def test_a_password_that_cannot_be_set(person: Person, stdin: str, words: str) -> None:
    person.enter()
    assert words in person.fails(2, "passwd", stdin=stdin)
    assert person.titles() == []


def test_a_password_of_the_server_that_was_named(person: Person) -> None:
    person.enter()
    person.variables["KIROTODO_SERVER"] = "localhost:1"
    assert "aren't signed in to localhost:1" in person.fails(4, "passwd", stdin=f"{PASSWORD}\n{NEW}\n")
    assert "changed" in person.ok("passwd", person.url, stdin=f"{PASSWORD}\n{NEW}\n").stderr


def test_without_a_sign_in_there_is_no_password_to_change(person: Person) -> None:
    assert "aren't signed in" in person.fails(4, "passwd", stdin=f"{PASSWORD}\n{NEW}\n")


def test_a_reset_token_sets_a_password_and_signs_in(person: Person) -> None:
    person.enter()
    person.ok("logout")
    token = reset_token(person)
    assert "most common" in person.fails(2, "passwd", "--reset", person.url, stdin=f"{token}\nsunshine\n")
    assert "Signed in" in person.ok("passwd", "--reset", person.url, stdin=f"{token}\n{NEW}\n").stderr
    assert person.titles() == []
    assert "isn't valid" in person.fails(2, "passwd", "--reset", person.url, stdin=f"{token}\n{PASSWORD}\n")


@pytest.mark.parametrize("arguments", [[], ["--user", "1", "--reset-password", "ann@example.com"]])
def test_a_token_is_of_one_kind(person: Person, arguments: list[str]) -> None:
    assert "Give --user ID, --agent NAME or --reset-password" in person.fails(2, "token", *arguments)


def test_there_is_no_reset_token_for_nobody(person: Person) -> None:
    assert "no account" in person.fails(1, "token", "--reset-password", "nobody@example.com")


# --- deleting an account ---


def test_an_account_is_deleted_after_an_export_and_kept_after_all(person: Person, tmp_path: Path) -> None:
    person.enter()
    person.ok("add", "at the server")
    file = tmp_path / "tasks.json"
    arguments = ["account", "delete", "--export", str(file), "--confirm", person.email.upper()]
    output = person.ok(*arguments, stdin=f"{PASSWORD}\n").stderr
    assert "will be deleted with everything in it on 07 December 2026" in output
    assert "at the server" in file.read_text()
    assert person.titles() == [], "this is the local list"
    refused = person.fails(1, "login", person.url, "--email", person.email, "--password-stdin", stdin=f"{PASSWORD}\n")
    assert "07 December 2026" in refused
    assert "kirotodo account restore" in refused
    assert "aren't signed in" in person.fails(4, "whoami")
    arguments = ["account", "restore", "--email", person.email, "--password-stdin"]
    assert "is kept" in person.ok(*arguments, stdin=f"{PASSWORD}\n").stderr
    assert person.titles() == ["at the server"]
    assert "isn't due to be deleted" in person.fails(1, "account", "restore")


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        ([], f"{PASSWORD}\n", "--confirm"),
        (["--confirm", "yes"], f"{PASSWORD}\n", "Nothing was deleted"),
        (["--confirm", "EMAIL"], "wrong password\n", "isn't your current password"),
        (["--confirm", "EMAIL"], "", "empty"),
    ],
)
def test_an_account_that_stays(person: Person, arguments: list[str], stdin: str, words: str) -> None:
    person.enter()
    given = [person.email if argument == "EMAIL" else argument for argument in arguments]
    assert words in person.fails(2, "account", "delete", *given, stdin=stdin)
    assert person.titles() == []


def test_whoever_came_with_a_token_keeps_it_until_the_end(person: Person) -> None:
    user = person.email.partition("@")[0]
    person.ok("login", person.url, "--token", stdin=token_for(user))
    person.ok("add", "at the server")
    person.ok("account", "delete", "--confirm", user)
    assert "kirotodo account restore" in person.fails(1, "list")
    assert "is kept" in person.ok("account", "restore").stderr
    assert person.titles() == ["at the server"]
