"""A step that the model began anew: what a viewer holds in the end is what is stored."""

import asyncio
from pathlib import Path

from kirotodo.core.events import TextDelta, TurnFinished
from kirotodo.core.models.model import Restarted
from kirotodo.core.models.scripted import ScriptedModel, Wait, call
from tests.core.models.provider import events_of, shown
from tests.core.models.test_model_requests import opened


async def test_text_that_was_given_up_goes_even_where_none_takes_its_place(tmp_path: Path) -> None:
    text_arrived = asyncio.Event()
    model = ScriptedModel(["I beg", Wait(gate=text_arrived), Restarted(), call("list_tasks")], ["Done."])
    backend = await opened(tmp_path, model)
    sent = await backend.send("list")
    async for event in backend.watch(sent.turn_id):
        if isinstance(event, TextDelta):
            text_arrived.set()
            break
    events = await events_of(backend, sent)
    await backend.aclose()
    last = events[-1]
    assert isinstance(last, TurnFinished)
    assert shown(events) == last.response == "Done."
