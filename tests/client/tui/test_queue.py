"""Type-ahead: what is sent while a turn runs waits in sight, in order, and is never lost."""

from pathlib import Path

from kirotodo.client.state import ClientState
from kirotodo.client.testing.script import Hold, fail, say
from kirotodo.client.tui.widgets.queue import QueuedMessage
from tests.client.tui.chat_host import backend_of, chatting


async def test_messages_wait_and_go_out_one_after_another() -> None:
    backend = backend_of([Hold(), say("1")], [Hold("second"), say("2")], [say("3")])
    async with chatting(backend) as chat:
        for text in ("first", "second", "third"):
            await chat.say(text)
        await chat.wait_for("queued", "1. second", "2. third")
        backend.release()
        await chat.wait_for("you   second", "1. third")
        assert backend.sent == ["first", "second"]
        backend.release("second")
        await chat.wait_for("kiro  3")
        assert backend.sent == ["first", "second", "third"]
        assert "queued" not in chat.text


async def test_a_failed_turn_keeps_the_queue() -> None:
    backend = backend_of([Hold(), fail("No.")], [say("fine")])
    async with chatting(backend) as chat:
        await chat.say("first")
        await chat.say("second")
        await chat.wait_for("1. second")
        backend.release()
        await chat.wait_for("✗ No.", "queued, held", "1. second")
        await chat.press("tab", "s")
        await chat.wait_for("kiro  fine")


async def test_a_stopped_turn_holds_the_queue() -> None:
    backend = backend_of([Hold(), say("x")])
    async with chatting(backend) as chat:
        await chat.say("first")
        await chat.say("second")
        await chat.wait_for("1. second")
        await chat.press("escape")
        await chat.wait_for("■ stopped", "1. second")
        assert backend.sent == ["first"]


async def test_e_takes_a_message_back_before_the_draft() -> None:
    backend = backend_of([Hold()])
    async with chatting(backend) as chat:
        await chat.say("first")
        await chat.say("second")
        await chat.write("draft")
        await chat.press("tab", "e")
        await chat.until(lambda: chat.draft == "second\ndraft")
        assert chat.focused is chat.composer
        assert not chat.queue.display


async def test_x_removes_one() -> None:
    backend = backend_of([Hold()])
    async with chatting(backend) as chat:
        for text in ("first", "second", "third"):
            await chat.say(text)
        await chat.wait_for("2. third")
        await chat.press("tab", "x")
        await chat.until(lambda: chat.controller.queued == ["third"])
        await chat.wait_for("1. third")


async def test_every_queued_message_is_within_reach_of_the_keys() -> None:
    backend = backend_of([Hold()])
    async with chatting(backend) as chat:
        for text in ("first", "second", "third", "fourth"):
            await chat.say(text)
        await chat.wait_for("3. fourth")
        await chat.press("tab", "down", "x")
        await chat.until(lambda: chat.controller.queued == ["second", "fourth"])
        assert chat.queue.query_one("QueuedMessage:focus", QueuedMessage).text == "fourth"
        await chat.press("x", "x")
        await chat.until(lambda: chat.controller.queued == [])
        assert chat.app.focused is chat.composer


async def test_s_stops_the_turn_and_sends_that_one_first() -> None:
    backend = backend_of([Hold(), say("x")], [say("now"), Hold("end")])
    async with chatting(backend) as chat:
        for text in ("first", "second", "third"):
            await chat.say(text)
        await chat.wait_for("2. third")
        chat.screen.query(QueuedMessage).last().focus()
        await chat.press("s")
        await chat.wait_for("■ stopped", "you   third", "kiro  now", "1. second")
        assert backend.sent == ["first", "third"]


async def test_the_mouse_removes() -> None:
    backend = backend_of([Hold()])
    async with chatting(backend, size=(100, 24)) as chat:
        await chat.say("first")
        await chat.say("second")
        await chat.wait_for("x remove")
        row = chat.screen.query_one(QueuedMessage)
        await chat.pilot.click(row, offset=(row.size.width - 1 - 20, 0))
        await chat.until(lambda: chat.controller.queued == [])


async def test_the_queue_survives_the_program(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    async with chatting(backend_of([Hold()]), state_path=path) as chat:
        await chat.say("first")
        await chat.say("second")
        await chat.until(lambda: ClientState(path).queued(1) == ("second",))
    later = backend_of([say("sent")])
    later.add_conversation("as it was", [("first", "late")])
    async with chatting(later, state_path=path) as chat:
        await chat.wait_for("queued, held", "1. second")
        await chat.press("tab", "s")
        await chat.wait_for("kiro  sent")
        assert later.sent == ["second"]
        await chat.until(lambda: ClientState(path).queued(1) == ())


async def test_a_live_turn_found_on_sending_is_watched_and_the_message_waits() -> None:
    backend = backend_of([say("mine")])
    conversation = backend.add_conversation("shared", [("q", "a")])
    async with chatting(backend) as chat:
        backend.begin_turn(conversation, "theirs", [say("working "), Hold(), say("done")])
        await chat.say("mine")
        await chat.wait_for("1. mine", "kiro  working")
        backend.release()
        await chat.wait_for("kiro  mine")
