"""Addresses of servers as people type them, and the file that remembers which one is used."""

from pathlib import Path

import pytest

from kirotodo.client.accounts.address import Address, KnownServers
from kirotodo.core.errors import InvalidInput, OperatorError


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("https://todo.example.com", "https://todo.example.com"),
        (" https://Todo.Example.com/ \n", "https://todo.example.com"),
        ("todo.example.com", "https://todo.example.com"),
        ("todo.example.com:8443", "https://todo.example.com:8443"),
        ("HTTPS://todo.example.com:443/", "https://todo.example.com"),
        ("https://todo.example.com/kiro/", "https://todo.example.com/kiro"),
        ("https://todo.example.com/api/1/chat?x=1#y", "https://todo.example.com"),
        ("https://todo.example.com/kiro/docs", "https://todo.example.com/kiro"),
        ("https://todo.example.com./", "https://todo.example.com"),
        ("localhost:8000", "http://localhost:8000"),
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("http://192.168.1.20:8000", "http://192.168.1.20:8000"),
        ("http://kirotodo:8000", "http://kirotodo:8000"),
        ("raspberrypi.local", "http://raspberrypi.local"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_what_people_type_becomes_one_spelling(typed: str, url: str) -> None:
    assert Address.of(typed).url == url
    assert Address.of(url).url == url


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "address is empty"),
        ("   ", "address is empty"),
        ("http://todo.example.com", "Use https://todo.example.com"),
        ("ftp://todo.example.com", "ftp://"),
        ("https://ada:pw@todo.example.com", "out of the server address"),
        ("https://todo.example.com:99999", "doesn't have a valid port"),
        ("https://todo.example.com:0", "doesn't have a valid port"),
        ("https://", "isn't a valid server address"),
        ("https://[::1", "isn't a valid server address"),
        ("two words", "isn't a valid server address"),
        ("https://a..b", "isn't a valid server address"),
        ("https://\x1b[31mred", "isn't a valid server address"),
        ("https://-", "isn't a valid server address"),
        ("x" * 600, "isn't a valid server address"),
    ],
)
def test_what_cannot_be_an_address_is_told(typed: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words.replace("?", r"\?")) as caught:
        Address.of(typed)
    assert "pw" not in caught.value.message
    assert "\x1b" not in caught.value.message


def test_the_chip_shows_host_port_and_path() -> None:
    assert Address.of("https://todo.example.com/kiro").host == "todo.example.com/kiro"
    assert Address.of("localhost:8000").host == "localhost:8000"


def test_each_user_of_each_server_has_a_file_of_their_own() -> None:
    here, there = Address.of("https://a.example"), Address.of("https://a.example/b")
    names = {here.state_name("1"), here.state_name("2"), there.state_name("1")}
    assert len(names) == 3
    assert here.state_name("../../etc/passwd").startswith("a.example-")
    assert all("/" not in name for name in names)


def test_the_one_signed_in_at_is_remembered_over_restarts(tmp_path: Path) -> None:
    servers = KnownServers(tmp_path / "state")
    assert (servers.current, servers.all()) == (None, ())
    first, second = Address.of("https://a.example"), Address.of("https://b.example")
    servers.signed_in(first, user_id="1", email="ada@example.com")
    servers.signed_in(second, user_id="7", email="ada@example.org")
    again = KnownServers(tmp_path / "state")
    assert again.current == second
    assert [one.address for one in again.all()] == [second, first]
    again.signed_out(second)
    assert KnownServers(tmp_path / "state").current is None
    known = again.of(second)
    assert known is not None
    assert (known.email, known.signed_in) == ("ada@example.org", False)
    uses: list[Address | None] = []
    for address in (first, None, second):
        again.use(address)
        uses.append(again.current)
    assert uses == [first, None, None], "one has signed out of the second"


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"servers": 3}', b'{"servers": {"x": {}}}', b"\xff"])
def test_a_broken_file_remembers_nothing(tmp_path: Path, content: bytes) -> None:
    servers = KnownServers(tmp_path)
    servers.path.write_bytes(content)
    assert (servers.current, servers.all()) == (None, ())
    servers.signed_in(Address.of("https://a.example"), user_id="1", email="")
    assert servers.current is not None


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    with pytest.raises(OperatorError, match="Can't write"):
        KnownServers(tmp_path / "state").signed_in(Address.of("https://a.example"), user_id="1", email="")
