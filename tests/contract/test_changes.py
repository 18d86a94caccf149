"""News of the list: what a viewer hears of edits made elsewhere."""

import asyncio
from collections.abc import AsyncIterator, Callable

from kirotodo.core.backend import Backend, ConversationHead, LinkChanged, ListChanged
from kirotodo.core.domain.task import Task
from kirotodo.core.models.scripted import ScriptedModel, call
from tests.contract.harness import say


class Listener:
    """Gathers what `changes` says."""

    def __init__(self, backend: Backend) -> None:
        self.received: list[ListChanged] = []
        self._news: AsyncIterator[ListChanged | LinkChanged] = backend.changes()
        self._more = asyncio.Event()
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for change in self._news:
            if isinstance(change, ListChanged):
                self.received.append(change)
                self._more.set()

    async def until(self, wanted: Callable[[ListChanged], bool]) -> ListChanged:
        """The first news of this kind."""
        async with asyncio.timeout(60):
            while True:
                for change in self.received:
                    if wanted(change):
                        return change
                self._more.clear()
                await self._more.wait()

    async def until_task(self, title: str) -> ListChanged:
        return await self.until(lambda change: any(task.title == title for task in change.tasks))

    async def __aenter__(self) -> "Listener":
        await self.until(lambda _: True)  # it has taken its place
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def test_edits_turns_and_undo_are_heard(backend: Backend, model: ScriptedModel) -> None:
    async with Listener(backend) as listener:
        await backend.add_from_text("milk")
        await listener.until_task("milk")
        model.extend([call("add_task", title="eggs")], ["Added."])
        await say(backend, "add eggs")
        await listener.until_task("eggs")
        await backend.undo()
        await listener.until(lambda change: 2 in change.removed)
        assert any(change.conversations for change in listener.received)


async def test_what_was_missed_is_told_first(backend: Backend) -> None:
    async with Listener(backend) as listener:
        await backend.add_from_text("milk")
        seen = await listener.until_task("milk")
    await backend.add_from_text("eggs")
    await backend.delete_tasks([1])
    later = backend.changes(after=seen.revision)
    async with asyncio.timeout(60):
        missed = await anext(change async for change in later if isinstance(change, ListChanged))
    assert [task.title for task in missed.tasks] == ["eggs"]
    assert missed.removed == (1,)
    assert missed.revision > seen.revision


async def test_a_change_counts_the_open_tasks_and_names_the_conversations(
    backend: Backend, model: ScriptedModel
) -> None:
    async with Listener(backend) as listener:
        assert listener.received[0].pending == 0
        await backend.add_from_text("milk")
        assert (await listener.until_task("milk")).pending == 1
        model.extend([call("complete_task", task_id=1)], ["Done."])
        sent, _ = await say(backend, "done")
        done = await listener.until(lambda change: any(task.completed for task in change.tasks))
        answered = await listener.until(lambda change: any(head.last_seq == 2 for head in change.heads))
        await backend.rename_conversation(sent.conversation_id, "Shopping")
        renamed = await listener.until(lambda change: any(head.title == "Shopping" for head in change.heads))
        await backend.delete_conversation(sent.conversation_id)
        deleted = await listener.until(lambda change: any(head.deleted for head in change.heads))
    assert (done.pending, answered.pending, renamed.pending) == (0, 0, 0)
    assert [head.id for change in (answered, renamed, deleted) for head in change.heads] == [sent.conversation_id] * 3


async def test_what_is_told_as_it_happens_is_what_the_database_tells_later(
    backend: Backend, model: ScriptedModel
) -> None:
    model.extend([call("add_task", title="eggs", due="tomorrow")], ["Added."], [call("undo")], ["Undone."])
    async with Listener(backend) as listener:
        start = listener.received[0].revision
        await backend.add_from_text("milk #shop")
        sent, _ = await say(backend, "add eggs")
        await backend.update_tasks([1], {"title": "oat milk", "due": "today"})
        await backend.complete_tasks([1])
        await backend.undo()
        await backend.redo()
        await say(backend, "undo that", sent.conversation_id)
        await backend.delete_tasks([1])
        await backend.rename_conversation(sent.conversation_id, "Shopping")
        last = await listener.until(lambda change: any(head.title == "Shopping" for head in change.heads))
    async with asyncio.timeout(60):
        whole = await anext(change async for change in backend.changes(after=start) if isinstance(change, ListChanged))
    tasks: dict[int, Task | None] = {}
    heads: dict[int, ConversationHead] = {}
    for change in listener.received:
        tasks.update({task.id: task for task in change.tasks})
        tasks.update(dict.fromkeys(change.removed))
        heads.update({head.id: head for head in change.heads})
    assert {id: task for id, task in tasks.items() if task is not None} == {task.id: task for task in whole.tasks}
    assert {id for id, task in tasks.items() if task is None} == set(whole.removed)
    assert heads == {head.id: head for head in whole.heads}
    assert (last.revision, last.pending) == (whole.revision, whole.pending)
