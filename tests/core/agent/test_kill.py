"""kill -9 at any moment of a turn, then the next start: nothing lost, nothing doubled, nothing stuck."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kirotodo.core.domain.conversation import FINAL
from kirotodo.core.domain.task import TaskFilter
from kirotodo.core.events import FINAL_EVENTS
from kirotodo.core.local import LocalBackend
from kirotodo.core.models.model import ModelRequest, ToolOutcome
from kirotodo.core.models.scripted import Item, ScriptedModel, call
from kirotodo.core.settings import Settings
from tests.lists import list_at

VICTIM = """
import asyncio, sys, time
from pathlib import Path
from kirotodo.core.local import LocalBackend
from tests.core.agent.test_kill import model, settings

async def main():
    backend = await LocalBackend.open(settings(Path(sys.argv[1])), model=model(pause=0.004))
    print("ready", flush=True)
    sent = await backend.send("add a and b", request_key="key")
    print(sent.turn_id, flush=True)
    async for _ in backend.watch(sent.turn_id):
        pass
    print("over", flush=True)

asyncio.run(main())
"""


def settings(folder: Path) -> Settings:
    return Settings(kirotodo_home=folder, database_url=list_at(folder / "list.db"), timezone="Europe/Vienna")


def model(pause: float = 0.0) -> ScriptedModel:
    """Adds two tasks in two rounds, then answers; decides by what it sees, as a real one would."""

    def step(request: ModelRequest) -> list[Item]:
        time.sleep(pause)
        outcomes = [item for item in request.history if isinstance(item, ToolOutcome)]
        if len(outcomes) < 2:
            return ["Working. ", call("add_task", title="ab"[len(outcomes)])]
        return ["All ", "done."]

    return ScriptedModel(*[step] * 20)


def kill_after(folder: Path, seconds: float) -> tuple[str | None, bool]:
    """Start the victim, kill it `seconds` after it is ready; the turn it began, and whether it was over by then."""
    victim = subprocess.Popen(
        [sys.executable, "-c", VICTIM, str(folder)], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
    )
    assert victim.stdout is not None
    assert victim.stdout.readline() == "ready\n"
    time.sleep(seconds)
    victim.kill()
    rest = victim.stdout.read().split()
    victim.wait()
    victim.stdout.close()
    return (rest[0] if rest else None), "over" in rest


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
async def test_a_killed_turn_is_finished_by_the_next_start(tmp_path: Path, seed: int) -> None:
    turn_id, _ = kill_after(tmp_path, random.Random(seed).uniform(0, 0.12))
    backend = await LocalBackend.open(settings(tmp_path), model=model())
    try:
        conversations = (await backend.conversations()).items
        if turn_id is None and not conversations:
            sent = await backend.send("add a and b", request_key="key")
            turn_id = sent.turn_id
        again = await backend.send("add a and b", request_key="key")
        assert turn_id in (None, again.turn_id)
        events = [event async for event in backend.watch(again.turn_id)]
        turn = await backend.turn(again.turn_id)
        assert turn.status == "finished"
        assert turn.response.endswith("All done.")
        assert sum(isinstance(event, FINAL_EVENTS) for event in events) == 1
        seqs = [event.seq for event in events]
        assert seqs == sorted(set(seqs))
        listed = (await backend.tasks(TaskFilter(status="all"))).items
        assert [(task.id, task.title) for task in listed] == [(1, "a"), (2, "b")]
        assert all(made.result is not None for made in turn.tool_calls)
        assert [message.content for message in (await backend.transcript(again.conversation_id)).messages] == [
            "add a and b",
            turn.response,
        ]
        sent = await backend.send("and again", conversation_id=again.conversation_id)
        async for _ in backend.watch(sent.turn_id):
            pass
        assert (await backend.turn(sent.turn_id)).status in FINAL
    finally:
        await backend.aclose()
