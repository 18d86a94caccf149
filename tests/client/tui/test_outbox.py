"""A message on its way is on disk until the backend has it: whatever ends the program, it is sent once."""

from pathlib import Path
from typing import Any

import pytest

from kirotodo.client.state import ClientState, Outgoing
from kirotodo.client.testing.script import Hold, ScriptedTurn, say
from kirotodo.client.testing.scripted_backend import ScriptedBackend
from kirotodo.core.backend import Backend
from kirotodo.core.domain.conversation import Sent
from kirotodo.core.errors import InvalidInput, Unreachable
from kirotodo.core.local import LocalBackend
from kirotodo.core.settings import Settings
from tests.client.tui.chat_host import Chat, backend_of, chatting
from tests.client.tui.list_host import NOW
from tests.lists import list_at


class Watched(ScriptedBackend):
    """Notes what the file holds at the moment a message arrives, and its key."""

    def __init__(self, path: Path, **options: Any) -> None:
        super().__init__(clock=lambda: NOW, **options)
        self.path = path
        self.on_disk: list[ClientState] = []
        self.keys: list[str | None] = []

    async def send(self, message: str, *, request_key: str | None = None, **options: Any) -> Sent:
        self.on_disk.append(ClientState(self.path))
        self.keys.append(request_key)
        return await super().send(message, request_key=request_key, **options)


def left_behind(path: Path, *messages: Outgoing) -> None:
    """What a program that was killed leaves."""
    state = ClientState(path)
    for message in messages:
        state.post(message)
    assert state.save()


async def test_it_is_on_disk_before_it_leaves_and_gone_once_it_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    backend = Watched(path, turns=[ScriptedTurn(beats=[say("one")]), ScriptedTurn(beats=[say("two")])])
    async with chatting(backend, state_path=path) as chat:
        await chat.write("first")
        await chat.press("enter")
        await chat.wait_for("kiro  one")
        await chat.say("second")
        await chat.wait_for("kiro  two")
        await chat.until(lambda: not ClientState(path).outbox)
    for number, (text, conversation_id) in enumerate([("first", None), ("second", 1)]):
        kept = backend.on_disk[number]
        key = backend.keys[number] or ""
        assert kept.outbox == (Outgoing(text=text, request_key=key, conversation_id=conversation_id),)
        assert kept.draft(conversation_id) == ""
        assert kept.history[-1] == text
    assert len(set(backend.keys)) == 2


async def test_a_queued_message_is_at_any_moment_in_one_place(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    turns = [ScriptedTurn(beats=[Hold()]), ScriptedTurn(beats=[Hold("end")])]
    backend = Watched(path, turns=turns)
    async with chatting(backend, state_path=path) as chat:
        for text in ("first", "second", "third"):
            await chat.say(text)
        await chat.wait_for("2. third")
        backend.release()
        await chat.wait_for("you   second")
    assert backend.on_disk[1].queued(1) == ("third",)
    assert [one.text for one in backend.on_disk[1].outbox] == ["second"]


async def test_what_was_never_stored_is_sent_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    left_behind(path, Outgoing(text="lost in the crash", request_key="k1"))
    backend = backend_of([say("found")])
    backend.add_conversation("older", [("q", "a")])
    async with chatting(backend, state_path=path) as chat:
        await chat.wait_for("you   lost in the crash", "kiro  found")
        assert chat.draft == ""
    assert backend.sent == ["lost in the crash"]
    assert ClientState(path).outbox == ()


async def test_what_was_stored_is_attached_to_and_not_sent_twice(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    backend = backend_of([say("working "), Hold(), say("done")])
    await backend.send("go", request_key="k1")
    left_behind(path, Outgoing(text="go", request_key="k1"))
    async with chatting(backend, state_path=path) as chat:
        await chat.wait_for("you   go", "kiro  working")
        backend.release()
        await chat.wait_for("kiro  working done")
        assert chat.draft == ""
        assert chat.text.count("you   go") == 1
    assert backend.sent == ["go"]


async def test_queued_ones_stay_queued_behind_it(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    backend = backend_of([Hold(), say("one")], [say("two")])
    conversation = backend.add_conversation("mine", [("q", "a")])
    state = ClientState(path)
    state.post(Outgoing(text="first", request_key="k1", conversation_id=conversation))
    state.set_queued(conversation, ["second"])
    state.last_conversation = conversation
    state.save()
    async with chatting(backend, state_path=path) as chat:
        await chat.wait_for("you   first", "1. second")
        backend.release()
        await chat.wait_for("kiro  two")
    assert backend.sent == ["first", "second"]


async def test_what_is_refused_at_the_next_start_is_a_draft_again(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    state = ClientState(path)
    state.post(Outgoing(text="refused", request_key="k1", conversation_id=1))
    state.set_draft(1, "written since")
    state.last_conversation = 1
    state.save()
    backend = backend_of(ScriptedTurn(refuse=InvalidInput("No.")))
    backend.add_conversation("mine", [("q", "a")])
    async with chatting(backend, state_path=path) as chat:
        await chat.until(lambda: chat.draft == "refused\nwritten since")
        assert chat.toasts() == ["No."]
    again = ClientState(path)
    assert (again.draft(1), again.outbox) == ("refused\nwritten since", ())


async def test_a_live_turn_at_the_next_start_puts_it_first_in_the_queue(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    left_behind(path, Outgoing(text="mine", request_key="k1", conversation_id=1))
    backend = backend_of([say("answered")])
    backend.add_conversation("shared", [("q", "a")])
    backend.begin_turn(1, "theirs", [say("working "), Hold()])
    async with chatting(backend, state_path=path) as chat:
        await chat.wait_for("1. mine", "kiro  working")
        backend.release()
        await chat.wait_for("kiro  answered")
    assert backend.sent == ["mine"]


async def test_sent_again_after_silence_it_keeps_its_key(tmp_path: Path) -> None:
    """Without an answer nobody knows whether it was stored: the same text in the same place is the same message."""
    path = tmp_path / "state.json"
    turns = [
        ScriptedTurn(refuse=Unreachable("The server does not answer.")),
        ScriptedTurn(beats=[say("one")]),
        ScriptedTurn(beats=[say("two")]),
    ]
    backend = Watched(path, turns=turns)
    backend.add_conversation("mine", [("q", "a")])
    async with chatting(backend, state_path=path) as chat:
        await chat.say("hello")
        await chat.until(lambda: chat.draft == "hello")
        assert ClientState(path).outbox == ()
        await chat.press("enter")
        await chat.wait_for("kiro  one")
        await chat.say("hello")
        await chat.wait_for("kiro  two")
    assert backend.keys[0] == backend.keys[1] != backend.keys[2]


async def test_what_is_entered_before_the_core_is_there_is_on_disk_as_a_draft(tmp_path: Path) -> None:
    path = tmp_path / "state.json"

    async def never() -> Backend:
        raise Unreachable("Nobody there.")

    async with chatting(never, state_path=path, ready=False) as chat:
        await chat.write("early")
        await chat.press("enter")
        await chat.until(lambda: ClientState(path).draft(None) == "early")
    backend = backend_of()
    async with chatting(backend, state_path=path) as chat:
        assert chat.draft == "early"


async def test_a_draft_begun_before_it_is_known_where_joins_the_one_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    state = ClientState(path)
    state.set_draft(1, "older")
    state.save()
    backend = backend_of()
    backend.add_conversation("mine", [("q", "a")])
    gate = Hold()

    async def slow() -> Backend:
        await backend._hold(gate.name).wait()
        return backend

    async with chatting(slow, state_path=path, ready=False) as chat:
        await chat.write("new")
        backend.release()
        await chat.until(lambda: chat.draft == "older\nnew")
    again = ClientState(path)
    assert (again.draft(1), again.draft(None)) == ("older\nnew", "")


async def test_over_the_real_core_it_is_stored_and_done_once(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    settings = Settings(database_url=list_at(tmp_path / "list.db"), timezone="UTC")

    async def core() -> Backend:
        return await LocalBackend.open(settings)

    async def see_one_task(chat: Chat) -> None:
        await chat.wait_for("you   add milk", "1 open")
        await chat.idle()

    message = Outgoing(text="add milk", request_key="k1")
    left_behind(path, message)
    async with chatting(core, state_path=path) as chat:
        await see_one_task(chat)
    left_behind(path, message)  # as if it had been killed before it heard of the acceptance
    async with chatting(core, state_path=path) as chat:
        await see_one_task(chat)
        assert chat.app.backend is not None
        assert [task.title for task in (await chat.app.backend.tasks()).items] == ["milk"]
        assert len((await chat.app.backend.conversations()).items) == 1
        assert chat.draft == ""


@pytest.mark.parametrize(("options", "title"), [({"new": True}, "new conversation"), ({"conversation_id": 2}, "other")])
async def test_where_another_conversation_is_asked_for_it_is_sent_behind_it(
    options: dict[str, Any], title: str, tmp_path: Path
) -> None:
    path = tmp_path / "state.json"
    left_behind(path, Outgoing(text="hello", request_key="k1", conversation_id=1))
    backend = backend_of([say("hi")])
    backend.add_conversation("mine", [("q", "a")])
    backend.add_conversation("other", [("q", "b")])
    async with chatting(backend, state_path=path, **options) as chat:
        await chat.wait_for(f"kirotodo · {title}")
        await chat.until(lambda: backend.sent == ["hello"] and not ClientState(path).outbox)
        assert "hello" not in chat.text
