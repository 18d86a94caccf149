"""Signing in and up, going to a server and back, and what becomes of drafts and messages on the way."""

import json
from pathlib import Path

import pytest

from kirotodo.client.accounts.selection import ServerSelection
from kirotodo.client.state import ClientState
from tests.client.remote.raw_server import DROP, HOLD, RawServer, issued, ok, page, problem, raw_server, stream
from tests.client.remote.test_sign_in import REFUSED
from tests.client.remote.test_stream_resumption import news
from tests.client.test_credentials import token
from tests.client.tui.chat_host import Chat
from tests.client.tui.server_picker_host import Home, chat_in, keep_a_list

WRONG = problem(401, "not_signed_in", "Wrong e-mail address or password.")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture(autouse=True)
def _a_list_is_kept(server: RawServer) -> None:
    keep_a_list(server)


async def fill(chat: Chat, email: str = "ada@example.com", password: str = "correct horse") -> None:
    """Type both from the field that has the focus, and go on."""
    if email:
        await chat.write(email)
        await chat.press("tab")
    await chat.write(password)
    await chat.press("enter")


async def known(home: Home, server: RawServer) -> None:
    """This person has signed in at the server before."""
    done = await home.accounts.sign_in(server.address, email="ada@example.com", password="correct horse")
    home.accounts.servers.signed_in(server.address, user_id=done.tokens.user_id, email=done.tokens.email)


async def test_a_chosen_server_without_a_sign_in_shows_its_door(home: Home, server: RawServer) -> None:
    selection = ServerSelection(server=server.address.url)
    async with chat_in(home, selection=selection, ready=False) as chat:
        await chat.wait_for("sign in", server.address.host, "email", "password")
        await fill(chat)
        await chat.wait_for(f"{server.address.host} · m1 · 3 open")
        assert "password" not in chat.text
    assert server.to("/signin")[0].body == {"email": "ada@example.com", "password": "correct horse"}
    async with chat_in(home, selection=selection) as chat:
        await chat.wait_for("3 open")


async def test_what_is_refused_stays_in_the_fields_with_the_reason(home: Home, server: RawServer) -> None:
    server.on("/signin", WRONG, page(502), issued(1))
    async with chat_in(home, selection=ServerSelection(server=server.address.url), ready=False) as chat:
        await chat.wait_for("password")
        await fill(chat)
        await chat.wait_for("Wrong e-mail address or password", "ada@example.com", "••••")
        await chat.press("enter")
        await chat.wait_for("is unavailable")
        await chat.press("enter")
        await chat.wait_for("3 open")


@pytest.mark.parametrize(
    ("email", "words"),
    [("", ""), ("no address", "isn't a valid email address")],
)
async def test_what_cannot_be_right_is_not_sent(home: Home, server: RawServer, email: str, words: str) -> None:
    async with chat_in(home, selection=ServerSelection(server=server.address.url), ready=False) as chat:
        await chat.wait_for("password")
        await chat.write(email)
        await chat.press("tab")
        await chat.write("correct horse")
        await chat.press("enter")
        await chat.wait_for(words)
        await chat.until(lambda: chat.focused is not None and chat.focused.id == ("email" if not email else "password"))
    assert server.to("/signin") == []


async def test_an_account_is_made_with_the_password_typed_twice(home: Home, server: RawServer) -> None:
    async with chat_in(home, selection=ServerSelection(server=server.address.url), ready=False) as chat:
        await chat.wait_for("password")
        await chat.press("shift+tab", "space")
        await chat.wait_for("< make one >", "again")
        await chat.press("tab")
        await chat.write("ada@example.com")
        await chat.press("tab")
        await chat.write("correct horse")
        await chat.press("enter")
        await chat.until(lambda: chat.focused is not None and chat.focused.id == "again")
        await chat.write("correct house")
        await chat.press("enter")
        await chat.wait_for("don't match")
        await chat.press(*["backspace"] * 5)
        await chat.write("horse")
        await chat.press("enter")
        await chat.wait_for("3 open")
    assert server.to("/signin") == []
    assert len(server.to("/signup")) == 1


async def test_the_door_can_be_left_and_found_again(home: Home, server: RawServer) -> None:
    async with chat_in(home, selection=ServerSelection(server=server.address.url), ready=False) as chat:
        await chat.wait_for("password")
        await chat.press("escape")
        await chat.until(lambda: "password" not in chat.text)
        await chat.wait_for("not open")
        await chat.say("/retry")
        await chat.wait_for("password")


async def test_to_a_server_and_back(home: Home, server: RawServer) -> None:
    async with chat_in(home) as chat:
        await chat.wait_for("local · ", "6 open")
        await chat.write("a local draft")
        await chat.press("f3")
        await chat.wait_for("● this computer", "+ another server")
        await chat.press("down", "enter")
        await chat.wait_for("address, your email and password")
        await chat.write(server.address.host)
        await chat.press("tab", "tab")
        await fill(chat)
        await chat.wait_for("3 open")
        await chat.until(lambda: chat.controller.loaded)
        assert chat.draft == ""
        await chat.write("a draft for the server")
        await chat.press("f3")
        await chat.wait_for("○ this computer", f"● {server.address.host}")
        await chat.press("up", "enter")
        await chat.wait_for("local · ", "6 open")
        await chat.until(lambda: chat.draft == "a local draft")
        await chat.press("ctrl+a", "delete")
        await chat.say(f"/server {server.address.host}")
        await chat.wait_for("3 open")
        await chat.until(lambda: chat.draft == "a draft for the server")
    assert len(server.to("/signin")) == 1


async def test_signing_out_leads_home(home: Home, server: RawServer) -> None:
    await known(home, server)
    async with chat_in(home) as chat:
        await chat.wait_for("3 open")
        await chat.say("/signout")
        await chat.wait_for("local · ", "6 open")
        assert chat.toasts() == [f"Signed out of {server.address.host}."]
        await chat.press("f3")
        await chat.wait_for(f"○ {server.address.host}", "signed out")
        await chat.press("down", "enter")
        await chat.wait_for("password", server.address.url)
    assert [one.body for one in server.to("/signout")] == [{"everywhere": False, "refresh_token": "refresh-1"}]


async def test_a_chat_bound_to_its_server_goes_nowhere_else(home: Home, server: RawServer) -> None:
    async with chat_in(home, selection=ServerSelection(server=server.address.url), ready=False) as chat:
        await chat.wait_for("password")
        await fill(chat)
        await chat.wait_for("3 open")
        for where in ("local", "https://elsewhere.example"):
            await chat.say(f"/server {where}")
            await chat.until(
                lambda: "This chat was opened for one server and can't switch to another." in chat.toasts()
            )
            chat.app.clear_notifications()
        await chat.press("f3")
        await chat.wait_for(f"● {server.address.host}", "can't switch")
        assert "this computer" not in chat.text
        await chat.press("o")
        await chat.wait_for("password", server.address.host)
        await chat.press("escape")
        await chat.wait_for("not open")


async def test_a_sign_in_that_ends_in_the_middle_keeps_the_draft(home: Home, server: RawServer) -> None:
    await known(home, server)
    server.on("/refresh", REFUSED)
    server.on("/turns", REFUSED)
    async with chat_in(home) as chat:
        await chat.wait_for("3 open")
        await chat.say("a message that matters")
        await chat.wait_for("has expired. Sign in again", "ada@example.com")
        server.on("/turns", ok({"conversation_id": 1, "turn_id": "t1", "message_seq": 1, "attached": False}, 202))
        server.on("/turns/t1/events", stream(HOLD))
        await fill(chat, email="")
        await chat.wait_for("3 open")
        await chat.until(lambda: chat.draft == "a message that matters")
        await chat.press("enter")
        await chat.wait_for("you   a message that matters")
        await chat.until(lambda: chat.controller.live == "t1")


async def test_another_account_sees_nothing_of_the_first(home: Home, server: RawServer) -> None:
    await known(home, server)
    async with chat_in(home) as chat:
        await chat.wait_for("3 open")
        await chat.write("a secret plan")
    first, second = (home.accounts.state_path(server.address, user) for user in ("7", "8"))
    assert ClientState(first).draft(None) == "a secret plan"
    assert first != second
    assert ClientState(home.folder / "state.json").draft(None) == ""


# --- the link ---


async def test_a_server_that_is_away_is_told_in_the_chip_and_waited_for(home: Home, server: RawServer) -> None:
    await known(home, server)
    port = server.port
    await server.stop()
    async with chat_in(home, ready=False) as chat:
        await chat.wait_for(f"{server.address.host} reconnecting")
        await chat.write("typed meanwhile")
        assert chat.toasts() == []
        await server.start(port)
        await chat.wait_for("m1 · 3 open")
        await chat.until(lambda: chat.controller.loaded)
        assert chat.draft == "typed meanwhile"


async def test_what_is_sent_meanwhile_waits_and_goes_out_once(home: Home, server: RawServer) -> None:
    await known(home, server)
    server.on("/turns", DROP)
    server.on("/7/events", stream(news(1), HOLD), DROP)
    async with chat_in(home) as chat:
        await chat.wait_for("3 open")
        await chat.say("first")
        await chat.say("second")
        await chat.wait_for("reconnecting (2 pending)", "you   first", "1. second")
        path = home.accounts.state_path(server.address, "7")
        assert [one.text for one in ClientState(path).outbox] == ["first"]
    server.on("/turns", ok({"conversation_id": 1, "turn_id": "t1", "message_seq": 1, "attached": False}, 202))
    server.on("/turns/t1/events", stream(HOLD))
    server.on("/7/events", stream(news(1), HOLD))
    selection = len(server.to("/turns"))
    async with chat_in(home, ready=False) as chat:
        await chat.until(lambda: len(server.to("/turns")) > selection)
    assert len({one.headers["idempotency-key"] for one in server.to("/turns")}) == 1


async def test_esc_takes_a_message_back_that_waits_for_the_server(home: Home, server: RawServer) -> None:
    await known(home, server)
    server.on("/turns", DROP)
    async with chat_in(home) as chat:
        await chat.wait_for("3 open")
        await chat.say("think again")
        await chat.wait_for("reconnecting (1 pending)")
        await chat.press("escape")
        await chat.until(lambda: chat.draft == "think again")
        assert not chat.controller.busy
        server.on("/turns", ok({"conversation_id": 1, "turn_id": "t1", "message_seq": 1, "attached": True}, 202))
        server.on("/turns/t1/events", stream(HOLD))
        await chat.press("enter")
        await chat.until(lambda: chat.controller.live == "t1")
    assert len({one.headers["idempotency-key"] for one in server.to("/turns")}) == 1


async def test_a_server_that_wants_a_pause_is_given_one_and_the_chip_counts(home: Home, server: RawServer) -> None:
    await known(home, server)
    server.on("/turns", problem(429, "rate_limited", "Slow down.", retry_after=40))
    async with chat_in(home) as chat:
        await chat.wait_for("3 open")
        await chat.say("hello")
        await chat.wait_for("busy, again in 40 s")
        await chat.wait_for("busy, again in 39 s")
        await chat.press("escape")
        await chat.until(lambda: chat.draft == "hello")


async def test_a_token_of_the_environment_has_drafts_of_its_own(tmp_path: Path, server: RawServer) -> None:
    given = token(sub="7")
    home = Home(tmp_path, KIROTODO_TOKEN=given)
    home.accounts.servers.signed_in(server.address, user_id="8", email="eve@example.com")
    ClientState(home.accounts.state_path(server.address, "8")).save()
    async with chat_in(home) as chat:
        await chat.wait_for("3 open")
        await chat.write("mine")
    assert ClientState(home.accounts.state_path(server.address, "7")).draft(None) == "mine"
    assert ClientState(home.accounts.state_path(server.address, "8")).draft(None) == ""
    assert {one.headers["authorization"] for one in server.requests} == {f"Bearer {given}"}


async def test_two_servers_keep_two_states(home: Home, server: RawServer) -> None:
    async with raw_server() as other:
        keep_a_list(other, pending=5)
        await known(home, other)
        await known(home, server)
        async with chat_in(home) as chat:
            await chat.wait_for("3 open")
            await chat.write("for the one")
            await chat.press("f3", "down", "enter")
            await chat.wait_for("5 open")
            await chat.until(lambda: chat.controller.loaded)
            assert chat.draft == ""
    current = home.accounts.servers.current
    assert current == other.address


# --- the account there ---

PENDING = {"id": "7", "email": "ada@example.com", "deletion_at": "2026-12-07T09:00:00Z"}


async def test_an_account_that_is_to_be_deleted_is_kept_by_a_second_enter(home: Home, server: RawServer) -> None:
    user_of = issued(1).pieces[0]
    assert isinstance(user_of, bytes)
    user = json.loads(user_of)
    server.on("/signin", ok({**user, "user": PENDING}))
    server.on("/7/deletion", ok(None, 204))
    async with chat_in(home, selection=ServerSelection(server=server.address.url), ready=False) as chat:
        await chat.wait_for("password")
        await fill(chat)
        await chat.wait_for("will be deleted on 07 December 2026", "enter again to keep it")
        assert server.to("/deletion") == []
        await chat.press("enter")
        await chat.wait_for("3 open")
    assert [request.method for request in server.to("/deletion")] == ["DELETE"]


async def test_a_new_password_is_set_in_the_chat(home: Home, server: RawServer) -> None:
    await known(home, server)
    refusal = problem(422, "invalid_input", "That isn't your current password.")
    server.on("/auth/password", refusal, issued(2))
    async with chat_in(home) as chat:
        await chat.wait_for("3 open")
        await chat.say("/password")
        await chat.wait_for("new password", "current", "again")
        await chat.write("correct house")
        await chat.press("tab")
        await chat.write("another horse")
        await chat.press("tab")
        await chat.write("another house")
        await chat.press("enter")
        await chat.wait_for("don't match")
        assert server.to("/auth/password") == []
        await chat.press(*["backspace"] * 5)
        await chat.write("horse")
        await chat.press("enter")
        await chat.wait_for("isn't your current password")
        await chat.press("enter")
        await chat.until(lambda: any("password was changed" in toast for toast in chat.toasts()))
        assert "another horse" not in chat.text
    body = {"current_password": "correct house", "new_password": "another horse"}
    assert [request.body for request in server.to("/auth/password")] == [body, body]


async def test_the_local_list_has_no_password(home: Home, server: RawServer) -> None:
    async with chat_in(home) as chat:
        await chat.wait_for("6 open")
        await chat.say("/password")
        await chat.until(lambda: any("which has no password" in toast for toast in chat.toasts()))
