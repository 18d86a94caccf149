"""`kirotodo targets`: where a server rings; a list of this computer has no server."""

import pytest

from tests.client.commands.command_runner import CommandRunner
from tests.client.commands.shared_server import SharedServer


@pytest.fixture
def remote(server_of_all: SharedServer, tmp_path_factory: pytest.TempPathFactory) -> CommandRunner:
    return server_of_all.program(tmp_path_factory.mktemp("home"))


def test_targets_are_added_listed_replaced_and_removed(remote: CommandRunner) -> None:
    assert "Your server rings nowhere yet" in remote.run("targets").stderr
    assert remote.ok("targets", "add", "ntfy", "https://ntfy.sh/a-topic") == ""
    assert remote.ok("targets", "add", "webhook", "https://example.com/hook").startswith("whsec_")
    assert remote.ok("targets") == "ntfy     https://ntfy.sh/a-topic\nwebhook  https://example.com/hook\n"
    remote.ok("targets", "add", "ntfy", "https://ntfy.sh/another")
    assert remote.json("targets")["items"] == [
        {"kind": "ntfy", "url": "https://ntfy.sh/another", "secret": None},
        {"kind": "webhook", "url": "https://example.com/hook", "secret": None},
    ]
    remote.ok("targets", "remove", "ntfy")
    assert [each["kind"] for each in remote.json("targets")["items"]] == ["webhook"]
    assert "No ntfy is set" in remote.fails(1, "targets", "remove", "ntfy")


def test_an_access_token_is_piped_and_never_shown_later(remote: CommandRunner) -> None:
    url = "https://ntfy.sh/topic"
    added = remote.json("targets", "add", "ntfy", url, "--token", stdin="tk_1\n")
    assert added == {"kind": "ntfy", "url": url, "secret": "tk_1"}
    assert "tk_1" not in remote.ok("targets")
    assert "empty" in remote.fails(2, "targets", "add", "ntfy", url, "--token", stdin="\n")
    assert "--token is for ntfy" in remote.fails(2, "targets", "add", "webhook", url, "--token", stdin="x\n")


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("add", "ntfy", "ntfy.sh/topic"), 2, "isn't an address to send to"),
        (("add", "ntfy", "https://ann:pw@ntfy.sh/topic"), 2, "isn't an address to send to"),
        (("add", "sms", "https://example.com"), 2, "is not one of"),
        (("add", "ntfy"), 2, "Missing argument"),
        (("remove", "email"), 2, "is not one of"),
    ],
)
def test_what_is_no_target_says_why(remote: CommandRunner, args: tuple[str, ...], code: int, said: str) -> None:
    assert said in remote.fails(code, "targets", *args)


@pytest.mark.parametrize("args", [(), ("add", "ntfy", "https://ntfy.sh/topic"), ("remove", "ntfy")])
def test_a_list_on_no_server_says_what_to_do(program: CommandRunner, args: tuple[str, ...]) -> None:
    said = program.fails(2, "targets", *args)
    assert "kirotodo login URL" in said
    assert "kirotodo remind" in said
