"""Slash commands of the user's own in the chat: offered, completed, sent, found in the help and in the palette."""

from typing import Final

from kirotodo.client.testing.script import say
from kirotodo.client.tui.screens.palette import KirotodoCommands
from kirotodo.client.tui.widgets.slash_popup import SlashPopup
from tests.client.tui.chat_host import backend_of, chatting
from tests.client.tui.test_palette_actions import choose, found

OWN: Final = {"standup": "what did I finish yesterday?", "by-day": "move {1} to {2}", "buy": "add {args} to shopping"}


async def test_it_is_offered_and_sent_with_the_words_behind_it() -> None:
    backend = backend_of([say("ok")], [say("fine")])
    async with chatting(backend, commands=OWN) as chat:
        await chat.write("/bu")
        await chat.wait_for("/buy <text>", "add {args} to shopping")
        await chat.press("enter")
        assert chat.draft == "/buy "
        await chat.write("oat milk")
        await chat.press("enter")
        await chat.wait_for("you   add oat milk to shopping", "kiro  ok")
        await chat.write("/by")
        await chat.press("tab")
        await chat.write("#3 friday")
        await chat.press("enter")
        await chat.wait_for("kiro  fine")
        assert backend.sent == ["add oat milk to shopping", "move #3 to friday"]


async def test_one_that_takes_nothing_is_sent_by_enter() -> None:
    backend = backend_of([say("ok")])
    async with chatting(backend, commands=OWN) as chat:
        await chat.write("/stand")
        await chat.until(lambda: chat.screen.query_one(SlashPopup).open)
        await chat.press("enter")
        await chat.wait_for("kiro  ok")
        assert backend.sent == ["what did I finish yesterday?"]


async def test_what_is_missing_or_too_long_stays_in_the_composer() -> None:
    backend = backend_of()
    async with chatting(backend, commands=OWN) as chat:
        await chat.say("/by-day #3")
        await chat.until(lambda: any("/by-day needs 2 words" in toast for toast in chat.toasts()))
        assert chat.draft == "/by-day #3"
        await chat.say("/buy " + "x" * 9_990)
        await chat.until(lambda: any("A message can have 10,000 characters" in toast for toast in chat.toasts()))
        assert chat.draft.startswith("/buy xxx")
        assert backend.sent == []


async def test_a_slash_and_a_number_are_text_and_a_wrong_name_has_a_near_one() -> None:
    backend = backend_of([say("ok")])
    async with chatting(backend, commands=OWN) as chat:
        await chat.say("/stan x")
        await chat.until(lambda: any("Did you mean /standup?" in toast for toast in chat.toasts()))
        chat.composer.put("")
        await chat.say("/usr-local is full")
        await chat.wait_for("kiro  ok")
        assert backend.sent == ["/usr-local is full"]


async def test_a_name_that_the_chat_has_is_reported() -> None:
    async with chatting(backend_of(), commands={"undo": "x", **OWN}) as chat:
        assert any("/undo is a command of the chat." in toast for toast in chat.toasts())
        assert "undo" not in chat.app.commands


async def test_the_help_and_the_palette_have_them() -> None:
    backend = backend_of([say("ok")])
    async with chatting(backend, commands=OWN, size=(120, 40)) as chat:
        await chat.say("/help")
        await chat.press("slash", *"finish")
        await chat.wait_for("Slash commands of your own", "/standup", "Send: what did I finish yesterday?")
        await chat.press("escape", "escape")
        await chat.until(lambda: chat.app.screen is chat.screen)
        offered = [str(hit.text) async for hit in KirotodoCommands(chat.screen).discover()]
        assert "/by-day <word 1 word 2>" in offered
        await choose(chat, "shopping", "/buy")
        await chat.until(lambda: chat.draft == "/buy ")
        chat.composer.put("")
        await choose(chat, "standup", "/standup")
        await chat.wait_for("kiro  ok")
        assert backend.sent == ["what did I finish yesterday?"]


async def test_the_palette_has_the_commands_of_the_chat() -> None:
    async with chatting(backend_of(), size=(120, 40)) as chat:
        assert any(str(hit.text) == "/rename <title>" for hit in await found(chat, "rename"))
        await choose(chat, "export", "/export")
        await chat.until(lambda: chat.draft == "/export ")
