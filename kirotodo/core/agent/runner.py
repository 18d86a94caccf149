"""Turns that outlive their viewers: who runs them, keeps their leases, stops them, takes over what was left behind."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from kirotodo.core.agent.agent import Agent, FreshTurn, Run
from kirotodo.core.agent.calls import DENIED, refuse
from kirotodo.core.agent.hub import EventHub
from kirotodo.core.agent.interrupt import Interrupt, Interrupted
from kirotodo.core.agent.log import Entry, TurnLog
from kirotodo.core.agent.observer import Observer, Stretch, TurnReport
from kirotodo.core.agent.owner import is_gone, this_process
from kirotodo.core.domain.conversation import FINAL, Decision, TurnStatus, Usage
from kirotodo.core.errors import Conflict, KirotodoError, ModelError, OperatorError
from kirotodo.core.events import ApprovalAnswered, TurnCancelled, TurnFailed
from kirotodo.core.store.database import Database
from kirotodo.core.store.turns import DanglingTurn, StaleOwner, TurnRecord, TurnStore

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=20)
HEARTBEAT_SECONDS: Final = 2.0
WATCH_SECONDS: Final = 15.0
"""How often, at the rarest, a server looks for turns that nobody runs any more."""
_DICE: Final = random.Random()
"""Of its own, so that what runs beside it finds the common one as it left it."""
NOT_RUN = "The turn ended before this call was run. Nothing was changed by it."


@dataclass(kw_only=True)
class Job:
    """A turn that this process runs."""

    log: TurnLog
    interrupt: Interrupt
    task: "asyncio.Task[None]"


class TurnRunner:
    """Owns the turns of this process."""

    def __init__(
        self,
        *,
        database: Database,
        hub: EventHub,
        agent_for: Callable[[str], Agent],
        clock: Callable[[], datetime],
        timeout_seconds: float,
        lease: timedelta = LEASE,
        observer: Observer | None = None,
    ) -> None:
        self.owner = this_process()
        self._database = database
        self._hub = hub
        self._agent_for = agent_for
        self._clock = clock
        self._timeout = timeout_seconds
        self._lease = lease
        self._observer = observer or Observer()
        self._jobs: dict[str, Job] = {}
        self._heart: asyncio.Task[None] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._closing = False

    def lease_until(self) -> datetime:
        return self._clock() + self._lease

    @property
    def live(self) -> int:
        """How many turns this process runs now."""
        return len(self._jobs)

    def runs(self, turn_id: str) -> bool:
        """Whether this process runs the turn now."""
        return turn_id in self._jobs

    async def until_idle(self) -> None:
        """Comes back once this process runs no turn."""
        while self._jobs:
            await asyncio.wait([job.task for job in self._jobs.values()])

    def start(
        self, *, user_id: str, turn_id: str, model: str, epoch: int, last_seq: int, fresh: FreshTurn | None = None
    ) -> None:
        """Run a turn whose lease this process holds; one that is not `fresh` goes on from what is stored."""
        turn = TurnLog(
            database=self._database, hub=self._hub, user_id=user_id, turn_id=turn_id, epoch=epoch, last_seq=last_seq
        )
        interrupt = Interrupt(deadline=asyncio.get_running_loop().time() + self._timeout)
        turn.on_cancel = lambda: interrupt.stop("cancelled")
        task = asyncio.create_task(self._run(turn, interrupt, self._agent_for(model), fresh), name=f"turn {turn_id}")
        self._jobs[turn_id] = Job(log=turn, interrupt=interrupt, task=task)
        if fresh is None:
            self._hub.keep(user_id, turn_id, before=last_seq)
        else:
            self._hub.keep(user_id, turn_id, before=0, events=[fresh.started])
        task.add_done_callback(lambda _: self._ended(turn_id))
        if self._heart is None or self._heart.done():
            self._heart = asyncio.create_task(self._beat(), name="turn leases")

    def _ended(self, turn_id: str) -> None:
        self._jobs.pop(turn_id, None)
        self._hub.forget(turn_id)

    def keep_watch(self, every: float = WATCH_SECONDS) -> None:
        """Look now and then for turns whose process died, until closed. For servers: their turns have to go on even
        where nobody watches them."""
        if self._watch is None:
            self._watch = asyncio.create_task(self._keep_watch(every), name="turns left behind")

    async def _keep_watch(self, every: float) -> None:
        while not self._closing:
            await asyncio.sleep(_DICE.uniform(every / 2, every))  # apart from the other servers
            try:
                await self.take_over()
            except KirotodoError as error:
                log.warning("turns that were left behind could not be looked for: %s", error.message)

    async def take_over(self) -> int:
        """Go on with turns that nobody runs any more; how many were taken."""
        taken = 0
        for dangling in await self._database.dangling():
            expired = dangling.lease_until <= self._clock()
            if dangling.turn_id not in self._jobs and (expired or is_gone(dangling.owner)):
                taken += await self._claim(dangling)
        return taken

    async def cancel(self, user_id: str, turn_id: str) -> None:
        """Stop the turn, wherever it runs. Returns once it is over, or once its owner was told."""
        job = self._jobs.get(turn_id)
        if job is not None:
            job.interrupt.stop("cancelled")
            await asyncio.wait([job.task])
            return
        async with self._database.begin(user_id, turn_id=turn_id) as store:
            record = await store.turns.get(turn_id)
            if record.turn.status in FINAL:
                return
            abandoned = record.turn.status == "awaiting_approval" or self._abandoned(record)
            if not abandoned:
                await store.turns.request_cancel(turn_id)
                return
            epoch = await self._seize(store.turns, record)
        turn = self._log(user_id, turn_id, epoch, record.last_seq)
        agent = self._agent_for(record.turn.model)
        run = await agent.load(turn, Interrupt(deadline=0))
        await self._end(run, "cancelled")

    async def answer(
        self, user_id: str, turn_id: str, call_id: str, decision: Decision, arguments: Mapping[str, Any] | None
    ) -> None:
        """Answer the approval a turn is parked on, and go on with it here. Raises `NotFound` or `Conflict`."""
        async with self._database.begin(user_id, turn_id=turn_id, call_id=call_id) as store:
            record = await store.turns.get(turn_id)
            approval = record.turn.approval
            if record.turn.status != "awaiting_approval" or approval is None or approval.call_id != call_id:
                raise Conflict("That question is not open any more.")
            call = next(call for call in record.turn.tool_calls if call.id == call_id)
            await store.turns.unpark(turn_id)
            epoch = await self._seize(store.turns, record)
            turn = self._log(user_id, turn_id, epoch, record.last_seq)
            entry = Entry(store, turn_id, record.last_seq)
            entry.emit(ApprovalAnswered, call_id=call_id, decision=decision)
            if decision == "no":
                await refuse(entry, turn, call, "denied", DENIED)
            else:
                await store.turns.set_call(
                    turn_id,
                    call.step,
                    call.position,
                    status="pending",
                    result=None,
                    duration_ms=0,
                    arguments=arguments if arguments is not None else approval.arguments,
                )
            if decision == "always":
                await store.conversations.set_approve_all(record.turn.conversation_id)
            await entry.append()
        self._hub.publish(turn_id, entry.events)
        self.start(user_id=user_id, turn_id=turn_id, model=record.turn.model, epoch=epoch, last_seq=entry.last_seq)

    async def aclose(self) -> None:
        """Let go of every turn; each goes on where it was at the next start, or at once in another process."""
        self._closing = True
        for task in filter(None, (self._heart, self._watch)):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        jobs = list(self._jobs.values())
        for job in jobs:
            job.interrupt.stop("released")
        if jobs:
            await asyncio.wait([job.task for job in jobs])

    # --- one turn ---

    async def _run(self, turn: TurnLog, interrupt: Interrupt, agent: Agent, fresh: FreshTurn | None) -> None:
        began = time.perf_counter()
        ended, code, run = await self._carry(turn, interrupt, agent, fresh)
        report = TurnReport(
            user_id=turn.user_id,
            turn_id=turn.turn_id,
            model=agent.model.name,
            ended=ended,
            seconds=time.perf_counter() - began,
            usage=run.usage if run is not None else Usage(),
            code=code,
        )
        self._observer.turn_ended(report)
        log.info("Agent execution time %.3f s, turn %s", report.seconds, ended, extra=asdict(report))

    async def _carry(
        self, turn: TurnLog, interrupt: Interrupt, agent: Agent, fresh: FreshTurn | None
    ) -> tuple[Stretch, str, Run | None]:
        """Work on the turn as far as it goes: how that ended, the code of an error, and the run."""
        run: Run | None = None
        try:
            run = agent.begin(turn, interrupt, fresh) if fresh else await agent.load(turn, interrupt)
            return await agent.go_on(run), "", run
        except StaleOwner:
            return "lost", "", run
        except Interrupted as stop:
            await self._interrupted(turn, run, stop)
            return stop.reason, "", run
        except OperatorError as error:
            log.error("turn %s cannot go on: %s", turn.turn_id, error.message, extra=_ids(turn))
            self._hub.fail(turn.turn_id, error)
            return "broken", error.code, run
        except KirotodoError as error:
            await self._fail(turn, run, error)
            return "failed", error.code, run
        except Exception:
            log.exception("turn %s failed", turn.turn_id, extra=_ids(turn))
            fault = ModelError("Something went wrong inside kirotodo. Your message is kept.")
            await self._fail(turn, run, fault)
            return "failed", "internal_error", run

    async def _interrupted(self, turn: TurnLog, run: Run | None, stop: Interrupted) -> None:
        if stop.reason == "cancelled" and run is not None:
            await self._guarded(run, "cancelled")
            return
        if stop.reason == "lost":
            return
        async with self._database.begin(turn.user_id, turn_id=turn.turn_id) as store:
            await store.turns.release(turn.turn_id, turn.epoch)

    async def _fail(self, turn: TurnLog, run: Run | None, error: KirotodoError) -> None:
        if run is None:
            self._hub.fail(turn.turn_id, error)
            return
        await self._guarded(run, "failed", error)

    async def _guarded(self, run: Run, status: TurnStatus, error: KirotodoError | None = None) -> None:
        try:
            await self._end(run, status, error)
        except StaleOwner:
            log.info("turn %s went to another owner", run.log.turn_id)
        except KirotodoError as fault:
            log.error("turn %s cannot be ended: %s", run.log.turn_id, fault.message, extra=_ids(run.log))
            self._hub.fail(run.log.turn_id, fault)

    async def _end(self, run: Run, status: TurnStatus, error: KirotodoError | None = None) -> None:
        """Write the final event of a turn that did not finish: what it said is kept, open calls are closed."""
        async with run.log.write() as entry:
            store = entry.store
            turn_id = run.log.turn_id
            record = await store.turns.get(turn_id)
            if run.flow is not None and run.flow.rest:
                run.flow.emit_rest(entry)
            for call in record.turn.tool_calls:
                if call.result is None:
                    await refuse(entry, run.log, call, "cancelled", NOT_RUN)
            response = run.text
            if response.strip():
                await store.conversations.add_message(
                    run.conversation_id, role="assistant", content=response, turn_id=turn_id
                )
            await store.turns.finish(
                turn_id,
                status=status,
                response=response,
                error=error.message if error else None,
                usage=run.usage,
                finished_at=store.now,
            )
            ended = {"model": record.turn.model, "usage": run.usage}
            if error is None:
                entry.emit(TurnCancelled, response=response, **ended)
            else:
                retryable = getattr(error, "retryable", True)
                entry.emit(TurnFailed, code=error.code, message=error.message, retryable=retryable, **ended)

    # --- leases ---

    def _log(self, user_id: str, turn_id: str, epoch: int, last_seq: int) -> TurnLog:
        return TurnLog(
            database=self._database, hub=self._hub, user_id=user_id, turn_id=turn_id, epoch=epoch, last_seq=last_seq
        )

    def _abandoned(self, record: TurnRecord) -> bool:
        expired = record.lease_until <= self._clock()
        return expired or is_gone(record.owner)

    async def _seize(self, turns: TurnStore, record: TurnRecord) -> int:
        epoch = await turns.claim(
            record.turn.id, owner=self.owner, lease_until=self.lease_until(), expected_epoch=record.epoch
        )
        if epoch is None:
            raise Conflict("Somebody else is answering this turn.")
        return epoch

    async def _claim(self, dangling: DanglingTurn) -> bool:
        try:
            async with self._database.begin(dangling.user_id, turn_id=dangling.turn_id) as store:
                record = await store.turns.get(dangling.turn_id)
                epoch = await store.turns.claim(
                    dangling.turn_id,
                    owner=self.owner,
                    lease_until=self.lease_until(),
                    expected_epoch=dangling.epoch,
                )
        except KirotodoError as error:
            log.warning("turn %s could not be taken over: %s", dangling.turn_id, error.message)
            return False
        if epoch is None:
            return False
        self.start(
            user_id=dangling.user_id,
            turn_id=dangling.turn_id,
            model=record.turn.model,
            epoch=epoch,
            last_seq=record.last_seq,
        )
        return True

    async def _beat(self) -> None:
        """Keep the leases while turns run, and see whether somebody asked for a stop."""
        while self._jobs and not self._closing:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            jobs = list(self._jobs.values())
            try:
                held = await self._database.hold([job.log.lease for job in jobs], until=self.lease_until())
            except KirotodoError as error:
                log.warning("leases could not be kept: %s", error.message)
                continue
            for job in jobs:
                match held.get(job.log.turn_id):
                    case None:
                        job.interrupt.stop("lost")
                    case True:
                        job.interrupt.stop("cancelled")


def _ids(turn: TurnLog) -> dict[str, str]:
    """For log lines: whose turn and which one."""
    return {"user_id": turn.user_id, "turn_id": turn.turn_id}
