"""News of the list: what a viewer hears of edits made elsewhere."""

import asyncio
from collections.abc import AsyncIterator, Callable

from kirotodo.core.backend import Backend, LinkChanged, ListChanged
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
        async with asyncio.timeout(10):
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
    async with asyncio.timeout(10):
        missed = await anext(change async for change in later if isinstance(change, ListChanged))
    assert [task.title for task in missed.tasks] == ["eggs"]
    assert missed.removed == (1,)
    assert missed.revision > seen.revision
