"""Writing: keys, history, drafts, and that nothing typed is ever lost."""

import asyncio
from pathlib import Path

import pytest
from textual import events

from kirotodo.client.state import ClientState
from kirotodo.client.testing.script import Hold, ScriptedTurn, say
from kirotodo.client.testing.scripted_backend import ScriptedBackend
from kirotodo.core.errors import Unreachable
from tests.client.tui.chat_host import Chat, backend_of, chatting


async def test_enter_sends_and_empties_the_composer() -> None:
    backend = backend_of([say("hello there")])
    async with chatting(backend) as chat:
        await chat.write("hi")
        await chat.press("enter")
        await chat.wait_for("you   hi", "kiro  hello there")
        assert backend.sent == ["hi"]
        assert chat.draft == ""


async def test_ctrl_j_begins_a_line_and_the_message_keeps_it() -> None:
    backend = backend_of([say("ok")])
    async with chatting(backend) as chat:
        await chat.write("one\ntwo")
        assert chat.draft == "one\ntwo"
        await chat.press("enter")
        await chat.wait_for("ok")
        assert backend.sent == ["one\ntwo"]


async def test_nothing_but_spaces_is_not_sent() -> None:
    async with chatting(backend_of()) as chat:
        await chat.write("  \n ")
        await chat.press("enter")
        assert chat.draft == "  \n "


@pytest.mark.parametrize("letter", ["question_mark", "u", "U", "y", "i", "n", "e", "x", "G", "#"])
async def test_single_letters_are_text_in_the_composer(letter: str) -> None:
    async with chatting(backend_of()) as chat:
        await chat.press(letter)
        assert len(chat.draft) == 1
        assert chat.app.screen is chat.screen


async def test_it_grows_to_a_third_of_the_screen_and_no_further() -> None:
    async with chatting(backend_of(), size=(80, 30)) as chat:
        start = chat.composer.outer_size.height
        await chat.write("a\nb\nc")
        await chat.until(lambda: chat.composer.outer_size.height == start + 2)
        chat.composer.put("\n".join("x" * 40))
        await chat.pilot.pause()
        await chat.until(lambda: start + 2 < chat.composer.outer_size.height <= 10)


async def test_up_and_down_walk_through_what_was_sent_and_back_to_the_draft() -> None:
    async with chatting(backend_of([say("1")], [say("2")])) as chat:
        for text in ("first", "second"):
            await chat.say(text)
            await chat.idle()
        await chat.write("draft")
        await chat.press("up")
        assert chat.draft == "second"
        await chat.press("up", "up")
        assert chat.draft == "first"
        await chat.press("down", "down")
        assert chat.draft == "draft"


async def test_up_moves_within_many_lines_before_it_recalls() -> None:
    async with chatting(backend_of([say("ok")])) as chat:
        await chat.say("sent before")
        await chat.idle()
        await chat.write("a\nb")
        await chat.press("up")
        assert chat.draft == "a\nb"
        await chat.press("up")
        assert chat.draft == "sent before"


async def test_sending_a_recalled_message_brings_the_draft_back() -> None:
    async with chatting(backend_of([say("ok")], [say("ok")])) as chat:
        await chat.say("again")
        await chat.idle()
        await chat.write("unsent")
        await chat.press("up", "enter")
        await chat.idle()
        assert chat.draft == "unsent"


async def test_a_failed_send_puts_the_text_back_before_what_was_typed_since() -> None:
    backend = backend_of(ScriptedTurn(refuse=Unreachable("The server does not answer; try again.")))
    async with chatting(backend) as chat:
        await chat.write("important")
        await chat.press("enter")
        await chat.until(lambda: chat.toasts())
        assert chat.draft == "important"
        assert "The server does not answer" in chat.toasts()[0]
        assert chat.transcript.entries == []


async def test_a_text_over_the_limit_stays_and_is_told() -> None:
    async with chatting(backend_of()) as chat:
        chat.composer.put("x" * 10_001)
        await chat.press("enter")
        await chat.until(lambda: chat.toasts())
        assert "10,001" in chat.toasts()[0]
        assert len(chat.draft) == 10_001


async def test_a_paste_keeps_its_lines_and_loses_its_escape_sequences() -> None:
    async with chatting(backend_of()) as chat:
        await chat.write("> ")
        chat.composer.post_message(events.Paste("a\r\nb\x1b[31m\x1b]0;evil\x07c\u202e"))
        await chat.until(lambda: chat.draft == "> a\nbc")


async def test_a_draft_survives_the_program(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    backend = backend_of([say("ok")])
    async with chatting(backend, state_path=path) as chat:
        await chat.say("hello")
        await chat.idle()
        await chat.write("half a thou")
        await chat.until(lambda: ClientState(path).draft(chat.controller.conversation_id) == "half a thou")
    async with chatting(backend, state_path=path) as chat:
        assert chat.draft == "half a thou"
        assert chat.controller.conversation_id == 1
        await chat.press("up")
        assert chat.draft == "hello"


async def test_what_is_sent_before_the_core_is_there_waits_in_sight_and_goes_out(tmp_path: Path) -> None:
    backend = backend_of([say("at last")])
    gate = asyncio.Event()

    async def slow() -> ScriptedBackend:
        await gate.wait()
        return backend

    async with chatting(slow, ready=False) as chat:
        await chat.write("early bird")
        await chat.press("enter")
        await chat.wait_for("queued", "early bird")
        await chat.write("draft")
        gate.set()
        await chat.wait_for("at last")
        assert backend.sent == ["early bird"]
        assert chat.draft == "draft"


async def test_each_conversation_keeps_its_own_draft() -> None:
    backend = backend_of()
    first, second = backend.add_conversation("first"), backend.add_conversation("second")
    async with chatting(backend, conversation_id=first) as chat:
        await chat.write("for the first")
        await chat.open(second)
        assert chat.draft == ""
        await chat.write("for the second")
        await chat.open(first)
        assert chat.draft == "for the first"


async def post_at_once(chat: Chat, *keys: str) -> None:
    """Keys as a fast typist's or a program's: all of them are there before the first one is handled."""
    for key in keys:
        chat.app.post_message(events.Key(key, key if len(key) == 1 else {"slash": "/"}.get(key)))
    await chat.pilot.pause()


async def test_keys_that_come_fast_keep_their_order() -> None:
    backend = backend_of([Hold()])
    async with chatting(backend) as chat:
        await post_at_once(chat, *"aa", "ctrl+j", *"bb", "enter", *"next", "enter", *"draft")
        await chat.wait_for("1. next")
        assert backend.sent == ["aa\nbb"]
        assert chat.draft == "draft"


async def test_moves_and_deletions_keep_their_order_too() -> None:
    async with chatting(backend_of()) as chat:
        await post_at_once(chat, *"abc", "left", "backspace", "x", "home", "y", "end", "z")
        await chat.until(lambda: chat.draft == "yaxcz")


async def test_a_command_typed_fast_is_the_command() -> None:
    async with chatting(backend_of()) as chat:
        await post_at_once(chat, "slash", *"theme light", "enter", *"after")
        await chat.until(lambda: chat.draft == "after")
        assert chat.app.theme == "kirotodo-light"


async def test_the_editor_opens_by_its_key_but_not_amid_a_paste_that_comes_as_keys(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VISUAL", str(tmp_path / "missing"))
    async with chatting(backend_of()) as chat:
        await post_at_once(chat, *"a", "ctrl+g", *"b")
        await chat.until(lambda: chat.draft == "ab")
        assert chat.composer._editor_timer is None
        assert chat.toasts() == []
        await chat.press("ctrl+g")
        await chat.until(lambda: chat.toasts() == ["No editor found. Set EDITOR to the command of one."])


async def test_a_key_of_ones_own_keeps_the_order() -> None:
    async with chatting(backend_of()) as chat:
        chat.app.set_keymap({"composer.newline": "f5"})
        await post_at_once(chat, *"aa", "f5", *"bb", "ctrl+j", *"c")
        await chat.until(lambda: chat.draft == "aa\nbbc")
