"""Conversations through the port."""

import asyncio

import pytest

from kirotodo.core.backend import Backend
from kirotodo.core.errors import InvalidInput, NotFound
from kirotodo.core.models.scripted import ScriptedModel, Wait, call
from tests.contract.harness import BackendHarness, say, until_final


async def test_a_conversation_gets_a_title_from_its_first_message(backend: Backend, model: ScriptedModel) -> None:
    model.extend(["Hi."])
    sent, events = await say(backend, "please add milk to my shopping list")
    (conversation,) = (await backend.conversations()).items
    assert conversation.id == sent.conversation_id
    assert "milk" in conversation.title
    assert (conversation.message_count, conversation.preview) == (2, "Hi.")
    assert getattr(events[-1], "title", None) == conversation.title


async def test_latest_first_and_searched_by_word(harness: BackendHarness) -> None:
    harness.model.extend(["one"], ["two"], ["three"])
    first, _ = await say(harness.backend, "about the zebra")
    harness.clock.advance(minutes=1)
    second, _ = await say(harness.backend, "about the giraffe")
    harness.clock.advance(minutes=1)
    await say(harness.backend, "again", first.conversation_id)
    assert [found.id for found in (await harness.backend.conversations()).items] == [
        first.conversation_id,
        second.conversation_id,
    ]
    assert [found.id for found in (await harness.backend.conversations(search="giraf")).items] == [
        second.conversation_id
    ]
    assert (await harness.backend.conversations(search="elephant")).items == ()


async def test_a_transcript_comes_in_pages_with_its_turns(harness: BackendHarness) -> None:
    backend = harness.backend
    harness.model.extend(*[[f"answer {number}"] for number in range(5)])
    sent, _ = await say(backend, "message 0")
    for number in range(1, 5):
        await say(backend, f"message {number}", sent.conversation_id)
    newest = await backend.transcript(sent.conversation_id, limit=4)
    assert [message.content for message in newest.messages] == ["message 3", "answer 3", "message 4", "answer 4"]
    assert {turn.id for turn in newest.turns} == {message.turn_id for message in newest.messages}
    assert newest.before == 7
    older = await backend.transcript(sent.conversation_id, before=newest.before, limit=50)
    assert [message.seq for message in older.messages] == [1, 2, 3, 4, 5, 6]
    assert older.before is None


async def test_a_transcript_holds_the_tool_calls(backend: Backend, model: ScriptedModel) -> None:
    model.extend([call("add_task", title="milk")], ["Added."])
    sent, _ = await say(backend, "add milk")
    (turn,) = (await backend.transcript(sent.conversation_id)).turns
    (made,) = turn.tool_calls
    assert (made.tool, made.status, made.arguments["title"]) == ("add_task", "succeeded", "milk")
    assert made.result is not None


async def test_rename_delete_restore(backend: Backend, model: ScriptedModel) -> None:
    model.extend(["Hi."])
    sent, _ = await say(backend, "hello")
    renamed = await backend.rename_conversation(sent.conversation_id, "  Kitchen [/] plans ")
    assert renamed.title == "Kitchen [/] plans"
    await backend.delete_conversation(sent.conversation_id)
    assert (await backend.conversations()).items == ()
    with pytest.raises(NotFound):
        await backend.transcript(sent.conversation_id)
    assert (await backend.restore_conversation(sent.conversation_id)).title == "Kitchen [/] plans"
    assert len((await backend.transcript(sent.conversation_id)).messages) == 2


@pytest.mark.parametrize("title", ["", "  ", "x" * 201])
async def test_titles_that_cannot_be_taken(backend: Backend, model: ScriptedModel, title: str) -> None:
    model.extend(["Hi."])
    sent, _ = await say(backend, "hello")
    with pytest.raises(InvalidInput):
        await backend.rename_conversation(sent.conversation_id, title)


async def test_deleting_a_conversation_stops_its_turn(backend: Backend, model: ScriptedModel) -> None:
    model.extend(["so", Wait(gate=asyncio.Event())])
    sent = await backend.send("talk")
    await backend.delete_conversation(sent.conversation_id)
    assert (await backend.turn(sent.turn_id)).status == "cancelled"


async def test_unknown_conversations(backend: Backend) -> None:
    with pytest.raises(NotFound):
        await backend.transcript(9)
    with pytest.raises(NotFound):
        await backend.rename_conversation(9, "x")
    with pytest.raises(NotFound):
        await backend.delete_conversation(9)
    with pytest.raises(NotFound):
        await backend.restore_conversation(9)


async def test_a_search_says_which_message_and_which_words(backend: Backend, model: ScriptedModel) -> None:
    long = "once upon a time there was a long story about many animals, and among them a zebra, which ran away " * 2
    model.extend([long], ["No."], ["None."], ["Fine."])
    sent, _ = await say(backend, "tell me a story")
    await say(backend, "another", sent.conversation_id)
    await say(backend, "zebra crossing", None)
    (named, told) = (await backend.conversations(search="zebra")).items
    assert told.hit is not None
    assert named.hit is not None
    assert (told.hit.seq, named.hit.seq) == (2, 1)
    assert "a zebra, which ran away" in told.hit.snippet
    assert told.hit.snippet.startswith("…")
    assert len(told.hit.snippet) <= 122
    assert named.hit.snippet == "zebra crossing"
    (both,) = (await backend.conversations(search="zeb animals")).items
    assert both.hit == told.hit or (both.hit is not None and both.hit.seq == 2)
    assert [each.hit for each in (await backend.conversations()).items] == [None, None]
    await backend.rename_conversation(sent.conversation_id, "giraffes")
    assert [each.hit for each in (await backend.conversations(search="giraffes")).items] == [None]


async def test_a_search_shows_no_message_that_is_hidden(backend: Backend, model: ScriptedModel) -> None:
    model.extend(["One."], ["Two."])
    sent, _ = await say(backend, "about the zebra")
    edited = await backend.send("about the giraffe", conversation_id=sent.conversation_id, instead_of=1)
    await until_final(backend, edited)
    hits = [each.hit for each in (await backend.conversations(search="zebra")).items]
    assert hits == [None]
