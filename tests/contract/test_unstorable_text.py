"""Text of a model that cannot be stored as it came: the turn ends, and the conversation takes the next message."""

from collections.abc import Sequence

import pytest

from kirotodo.core.domain.conversation import Usage
from kirotodo.core.events import TurnFinished
from kirotodo.core.models.model import Opaque, ToolCall, UsageReport
from kirotodo.core.models.scripted import Item, call
from tests.contract.harness import BackendHarness, say

DEEP: dict[str, object] = {}
for _ in range(300):
    DEEP = {"a": DEEP}


@pytest.mark.parametrize(
    ("pieces", "answer"),
    [
        (["Well \ud83c", "\udf3b grown"], "Well 🌻 grown"),
        (["Half \ud83c"], "Half �"),
        (["\udf3b half"], "� half"),
        (["\ud83c", "\ud83c\udf3b"], "�🌻"),
        (["one\0two"], "onetwo"),
    ],
)
async def test_an_answer_cut_within_a_character_is_whole_or_marked(
    harness: BackendHarness, pieces: list[Item], answer: str
) -> None:
    harness.model.extend(pieces, ["And on."])
    sent, events = await say(harness.backend, "hello")
    assert isinstance(events[-1], TurnFinished)
    assert events[-1].response == answer
    assert (await harness.backend.turn(sent.turn_id)).response == answer
    _, after = await say(harness.backend, "go on", sent.conversation_id)
    assert isinstance(after[-1], TurnFinished)


@pytest.mark.parametrize(
    ("step", "title"),
    [
        ([call("add_task", title="rose \ud83c\udf39")], "rose 🌹"),
        ([call("add_task", title="rose \ud83c")], "rose �"),
        ([call("add_task", **{"title": "rose", "note\ud83c": "x"})], None),
        ([call("add_task", title="rose", tags=["a\udf39"])], "rose"),
        ([call("add_\ud83ctask", title="rose")], None),
        ([call("add\0_task", title="rose")], "rose"),
        ([ToolCall(tool="add_task", malformed='{"title": "ro\ud83c')], None),
        ([call("add_task", title="rose", notes=DEEP)], None),
        ([Opaque(data={"thought": "so \ud83c"}), call("add_task", title="rose")], "rose"),
        ([Opaque(data=DEEP), call("add_task", title="rose")], "rose"),
        ([UsageReport(usage=Usage(input_tokens=10**30, output_tokens=-5)), call("add_task", title="rose")], "rose"),
    ],
)
async def test_a_call_that_cannot_be_stored_as_it_came_breaks_neither_its_turn_nor_the_next(
    harness: BackendHarness, step: Sequence[Item], title: str | None
) -> None:
    harness.model.extend(step, ["Done."], ["And on."])
    sent, events = await say(harness.backend, "add a rose")
    assert isinstance(events[-1], TurnFinished)
    assert [task.title for task in (await harness.backend.tasks()).items] == ([title] if title else [])
    _, after = await say(harness.backend, "go on", sent.conversation_id)
    assert isinstance(after[-1], TurnFinished)
