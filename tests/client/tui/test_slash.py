"""Slash commands: the popup, its keys, and what each command does."""

from pathlib import Path

import pytest

from kirotodo.client.testing.script import Hold, ScriptedTurn, fail, say
from kirotodo.client.tui.widgets.composer import Composer
from kirotodo.client.tui.widgets.slash_popup import COMMANDS, SlashPopup, matching
from kirotodo.core.domain.task import Task
from tests.client.tui.chat_host import MILK, adding, backend_of, chatting
from tests.client.tui.list_host import HOSTILE, NOW, SAMPLE, task


async def test_a_slash_opens_the_popup_and_letters_narrow_it() -> None:
    async with chatting(backend_of()) as chat:
        await chat.press("/")
        await chat.wait_for("/help", "/new", "/conversations")
        await chat.write("thm")
        await chat.wait_for("/theme", "choose a theme")
        assert "/help" not in chat.text
        await chat.write("q")
        assert not chat.screen.query_one(SlashPopup).open


async def test_escape_closes_it_and_keeps_the_text_and_the_turn() -> None:
    backend = backend_of([Hold(), say("x")])
    async with chatting(backend) as chat:
        await chat.say("go")
        await chat.write("/he")
        await chat.until(lambda: chat.screen.query_one(SlashPopup).open)
        await chat.press("escape")
        assert not chat.screen.query_one(SlashPopup).open
        assert chat.draft == "/he"
        backend.release()
        await chat.wait_for("kiro  x")


async def test_down_and_enter_choose_and_run() -> None:
    async with chatting(backend_of()) as chat:
        await chat.write("/")
        names = [command.name for command in COMMANDS]
        await chat.press(*["down"] * names.index("tasks"), "enter")
        await chat.until(lambda: chat.screen.has_class("-drawer"))
        assert chat.draft == ""


async def test_up_wraps_to_the_last() -> None:
    async with chatting(backend_of()) as chat:
        await chat.write("/")
        await chat.press("up", "tab")
        assert chat.draft == f"/{COMMANDS[-1].name}"


async def test_tab_completes_without_running() -> None:
    async with chatting(backend_of()) as chat:
        await chat.write("/ren")
        await chat.press("tab")
        assert chat.draft == "/rename "


async def test_a_slash_in_the_middle_is_text() -> None:
    backend = backend_of([say("ok")])
    async with chatting(backend) as chat:
        await chat.write("and/or")
        assert not chat.screen.query_one(SlashPopup).open
        await chat.press("enter")
        await chat.wait_for("kiro  ok")
        assert backend.sent == ["and/or"]


async def test_an_unknown_command_stays_and_is_told() -> None:
    async with chatting(backend_of()) as chat:
        await chat.say("/undoo")
        await chat.until(lambda: chat.toasts())
        assert chat.draft == "/undoo"


async def test_hash_completes_a_task_once_it_is_chosen() -> None:
    async with chatting(backend_of([say("ok")]), size=(120, 30)) as chat:
        await chat.wait_for("call the plumber")
        await chat.write("finish #plum")
        await chat.until(lambda: chat.screen.query_one(SlashPopup).open)
        await chat.press("down", "enter")
        assert chat.draft == "finish #3 "
        await chat.press("enter")
        await chat.wait_for("you   finish #3")


async def test_enter_sends_a_tag_as_it_is_typed() -> None:
    """Offers never rewrite a message: `#health` is not task 8, whose title has these letters somewhere."""
    tagged = [*SAMPLE, task(8, "quarterly report", tags=("work",)), task(18, "heal the world", tags=("home",))]
    backend = backend_of([say("ok")], [say("ok")], tasks=tagged)
    async with chatting(backend, size=(120, 30)) as chat:
        await chat.wait_for("8 open")
        await chat.write("lunch with Bob #q")
        await chat.wait_for("#8    quarterly report")
        await chat.press("enter")
        await chat.wait_for("you   lunch with Bob #q")
        await chat.idle()
        await chat.write("#h")
        await chat.wait_for("#home", "heal the world")
        await chat.press("tab")
        assert chat.draft == "#home "
        await chat.write("in +sho")
        await chat.wait_for("+shopping")
        await chat.press("enter")
        await chat.until(lambda: backend.sent == ["lunch with Bob #q", "#home in +sho"])


async def test_a_command_typed_whole_runs_at_the_first_enter() -> None:
    async with chatting(backend_of()) as chat:
        await chat.write("/server")
        await chat.press("enter")
        await chat.until(lambda: any("no other to switch to" in toast for toast in chat.toasts()))


@pytest.mark.parametrize("title", [title for title in HOSTILE if title.strip()])
async def test_no_title_can_hurt_the_popup(title: str) -> None:
    hostile = Task(id=7, title=title, created_at=NOW, updated_at=NOW)
    async with chatting(backend_of(tasks=[hostile]), size=(120, 30)) as chat:
        await chat.wait_for("1 open")
        await chat.write("#7")
        await chat.until(lambda: chat.screen.query_one(SlashPopup).open)
        assert "\x1b" not in chat.text


async def test_new_rename_delete_restore() -> None:
    backend = backend_of()
    backend.add_conversation("old", [("q", "a")])
    async with chatting(backend) as chat:
        await chat.wait_for("kirotodo · old")
        await chat.say("/rename better [/] name")
        await chat.wait_for("kirotodo · better [/] name")
        await chat.say("/delete")
        await chat.wait_for("new conversation")
        assert "you   q" not in chat.text
        await chat.say("/restore")
        await chat.wait_for("kirotodo · better [/] name", "you   q")
        await chat.say("/new")
        await chat.wait_for("new conversation")


async def test_rename_without_a_title_waits_for_one() -> None:
    backend = backend_of()
    backend.add_conversation("old", [("q", "a")])
    async with chatting(backend) as chat:
        await chat.say("/rename")
        assert chat.draft == "/rename "


async def test_undo_and_redo() -> None:
    async with chatting(backend_of(adding()), size=(120, 30)) as chat:
        await chat.say("add")
        await chat.wait_for("20 ○ oat milk")
        await chat.say("/undo")
        await chat.until(lambda: "20 ○ oat milk" not in chat.text)
        await chat.say("/redo")
        await chat.wait_for("20 ○ oat milk")
        assert chat.toasts()[-1] == f"Redone: {MILK.title}"


async def test_retry_sends_the_failed_message_again() -> None:
    backend = backend_of([fail("No.")], ScriptedTurn(message="try me", beats=[say("fine")]))
    async with chatting(backend) as chat:
        await chat.say("try me")
        await chat.wait_for("✗ No.")
        await chat.say("/retry")
        await chat.wait_for("kiro  fine")


async def test_theme_help_conversations_and_quit() -> None:
    async with chatting(backend_of()) as chat:
        await chat.say("/theme light")
        await chat.until(lambda: chat.app.theme == "kirotodo-light")
        assert chat.app.state.theme == "kirotodo-light"
        await chat.say("/help")
        await chat.until(lambda: chat.app.screen is not chat.screen)
        await chat.press("escape")
        await chat.until(lambda: chat.app.screen is chat.screen)
        await chat.say("/conversations")
        await chat.until(lambda: chat.app.screen is not chat.screen)
        await chat.press("escape")
        await chat.until(lambda: chat.app.screen is chat.screen)
        await chat.say("/quit")
        await chat.until(lambda: not chat.app.is_running)


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("/undo", ("undo", "")),
        ("  /Rename a b ", ("rename", "a b")),
        ("/usr/bin is a folder", None),
        ("/", None),
        ("/a\nb", None),
        ("x /undo", None),
    ],
)
def test_what_is_a_command(text: str, parsed: tuple[str, str] | None) -> None:
    assert Composer.Submitted(text).command == parsed


def test_beginnings_come_before_parts_and_parts_before_scattered_letters() -> None:
    keys = ["thread", "with", "table here", "the"]
    assert matching("th", [(key, key) for key in keys]) == ["thread", "the", "with", "table here"]
    assert matching("zz", [(key, key) for key in keys]) == []


async def test_export_writes_the_conversation_to_a_file(tmp_path: Path) -> None:
    async with chatting(backend_of([say("Hello there.")])) as chat:
        await chat.say("hi")
        await chat.wait_for("Hello there.")
        await chat.say(f"/export {tmp_path}/talk.md")
        await chat.until(lambda: (tmp_path / "talk.md").exists())
        await chat.until(lambda: any(toast.startswith("Saved to") for toast in chat.toasts()))
        assert "Hello there." in (tmp_path / "talk.md").read_text()
        await chat.say(f"/export {tmp_path}/talk.json")
        await chat.until(lambda: (tmp_path / "talk.json").exists())
        await chat.say(f"/export {tmp_path}/talk.md")
        await chat.until(lambda: any("already exists" in toast for toast in chat.toasts()))


async def test_export_overwrites_only_what_was_asked_about(tmp_path: Path) -> None:
    one, other = tmp_path / "one.md", tmp_path / "other.md"
    for file in (one, other):
        file.write_text("precious")
    async with chatting(backend_of([say("Hello there.")])) as chat:
        await chat.say("hi")
        await chat.wait_for("Hello there.")
        await chat.say(f"/export {one}")
        await chat.until(lambda: any("Press enter to overwrite it" in toast for toast in chat.toasts()))
        assert (chat.draft, one.read_text()) == (f"/export {one}", "precious")
        await chat.say(f"/export {other}")
        await chat.until(lambda: any(f"{other} already exists" in toast for toast in chat.toasts()))
        assert other.read_text() == "precious"
        await chat.say(f"/export {one}")
        await chat.until(lambda: any(toast.startswith("Saved to") for toast in chat.toasts()))
        assert "Hello there." in one.read_text()
        assert other.read_text() == "precious"
        # The next time it is asked again.
        one.write_text("precious again")
        await chat.say(f"/export {one}")
        await chat.until(lambda: chat.draft == f"/export {one}")
        assert one.read_text() == "precious again"
        await chat.say(f"/export {tmp_path}")
        await chat.until(lambda: any("could not be written: it isn't a file" in toast for toast in chat.toasts()))


async def test_in_a_browser_an_export_is_a_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with chatting(backend_of([say("Hello there.")])) as chat:
        given: list[tuple[str, str | None]] = []
        monkeypatch.setattr(type(chat.app), "is_web", property(lambda _: True))
        monkeypatch.setattr(
            chat.app, "deliver_text", lambda text, save_filename=None: given.append((text.read(), save_filename))
        )
        await chat.say("hi")
        await chat.wait_for("Hello there.")
        await chat.say(f"/export {tmp_path}/talk.md")
        await chat.until(lambda: bool(given))
        assert "Hello there." in given[0][0]
        assert given[0][1] == "talk.md"
        assert not (tmp_path / "talk.md").exists()


async def test_a_bell_rings_only_while_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = backend_of([say("One.")], [Hold(), say("Two.")])
    async with chatting(backend) as chat:
        rings: list[None] = []
        monkeypatch.setattr(chat.app, "bell", lambda: rings.append(None))
        await chat.say("first")
        await chat.wait_for("One.")
        assert rings == []
        await chat.say("second")
        await chat.until(lambda: chat.controller.live is not None)
        chat.app.app_focus = False
        backend.release()
        await chat.until(lambda: len(rings) == 1)
