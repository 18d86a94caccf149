"""Turns that outlive their viewers: who runs them, keeps their leases, stops them, takes over what was left behind."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final, Literal

from kirotodo.core.agent.admission import Admission
from kirotodo.core.agent.agent import Agent, NewTurn, Run
from kirotodo.core.agent.approvals import covered, granted_size, narrowed
from kirotodo.core.agent.cancellation import Cancellation, RunCancelled
from kirotodo.core.agent.event_hub import EventHub
from kirotodo.core.agent.observer import Observer, TurnEnding, TurnReport
from kirotodo.core.agent.owner import is_gone, this_process
from kirotodo.core.agent.tool_calls import DENIED, refuse
from kirotodo.core.agent.turn_log import EventWriter, TurnLog, TurnTransaction
from kirotodo.core.domain.conversation import FINAL, Decision, ToolCall, Usage
from kirotodo.core.errors import Conflict, KirotodoError, ModelError, OperatorError, StorageError
from kirotodo.core.events import ApprovalAnswered, TurnCancelled, TurnFailed
from kirotodo.core.store.conversations import NEVER
from kirotodo.core.store.database import Database
from kirotodo.core.store.leases import DanglingTurn, StaleOwner
from kirotodo.core.store.turns import TurnRecord, TurnStore
from kirotodo.core.text.sanitize import well_formed
from kirotodo.core.tools.task_tools import TOOLS

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=20)
HEARTBEAT_SECONDS: Final = 2.0
CANCEL_SECONDS: Final = 10.0
"""How long a stop waits for the turn to end in this process; that takes long only where the database is away."""
WATCH_SECONDS: Final = 15.0
"""How often, at the rarest, a server looks for turns that nobody runs any more."""
_DICE: Final = random.Random()
"""Of its own, so that what runs beside it finds the common one as it left it."""
OUTAGE_FIRST_SECONDS: Final = 0.1
OUTAGE_LONGEST_SECONDS: Final = 2.0
"""Between two looks whether the database is back: at first, and at the most."""
OUTAGE_REPORTED_SECONDS: Final = 5.0
"""After how long without the database the viewers of a turn are told."""
OUTAGES_MAX: Final = 5
"""How often a turn that gets no further waits for the database: each time the model may have to be asked again."""
TAKEOVERS_MAX: Final = 3
"""How often a turn that gets no further is taken over from a process that died."""
GIVEN_UP: Final = (
    f"kirotodo crashed {TAKEOVERS_MAX + 1} times while answering this and gave up. What was done so far "
    "stands. Your message is kept; send it again to retry."
)
_INSIDE: Final = ModelError("Something went wrong inside kirotodo. Your message is kept.")
SILENT_SECONDS: Final = 10.0
"""How long a turn may be silent beyond its deadline and its lease, before its viewers are told."""
NOT_RUN = "The turn ended before this call was run. Nothing was changed by it."


@dataclass(kw_only=True)
class RunningTurn:
    """A turn that this process runs."""

    log: TurnLog
    interrupt: Cancellation
    task: "asyncio.Task[None]"


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a turn that does not finish is to end: cancelled, or failed with an error."""

    status: Literal["cancelled", "failed"]
    error: KirotodoError | None = None

    @property
    def sentence(self) -> str | None:
        """Return the sentence for the user."""
        return None if self.error is None else well_formed(self.error.message)

    def emit(self, entry: TurnTransaction, *, response: str, model: str, usage: Usage) -> None:
        """Emit the final event."""
        if self.error is None:
            entry.emit(TurnCancelled, response=response, model=model, usage=usage)
            return
        retryable = getattr(self.error, "retryable", True)
        entry.emit(
            TurnFailed, code=self.error.code, message=self.sentence, retryable=retryable, model=model, usage=usage
        )


class _Outages:
    """Counts outages of the database during which a turn got no further."""

    def __init__(self) -> None:
        self._count = 0
        self._steps = 0

    def too_many(self, run: Run | None) -> bool:
        steps = len(run.steps) if run is not None else 0
        self._count = self._count + 1 if steps == self._steps else 1
        self._steps = steps
        return self._count > OUTAGES_MAX


class TurnRunner:
    """Owns the turns of this process."""

    def __init__(
        self,
        *,
        database: Database,
        hub: EventHub,
        agent_for: Callable[[str], Agent],
        timeout_seconds: float,
        lease: timedelta = LEASE,
        observer: Observer | None = None,
    ) -> None:
        self.owner = this_process()
        self._database = database
        self._hub = hub
        self._admission = Admission()
        self._writer = EventWriter(database, on_stored=self._admission.text_stored)
        self._agent_for = agent_for
        self._timeout = timeout_seconds
        self.lease = lease
        self._observer = observer or Observer()
        self._jobs: dict[str, RunningTurn] = {}
        self._heart: asyncio.Task[None] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._closing = False
        self._closed = asyncio.Event()

    @property
    def patience(self) -> float:
        """Return for how many seconds a turn that somebody goes on with may be silent at the most."""
        return self._timeout + self.lease.total_seconds() + SILENT_SECONDS

    @property
    def live(self) -> int:
        """Return how many turns this process runs now."""
        return len(self._jobs)

    def runs(self, turn_id: str) -> bool:
        """Return whether this process runs the turn now."""
        return turn_id in self._jobs

    def was_queued(self, turn_id: str, since: float) -> bool:
        """Return whether the turn waited here for its beginning at that moment of the loop's clock, or after it."""
        job = self._jobs.get(turn_id)
        return job is not None and job.interrupt.queued_until >= since

    async def until_idle(self) -> None:
        """Wait until this process runs no turn."""
        while self._jobs:
            await asyncio.wait([job.task for job in self._jobs.values()])

    def start(
        self,
        *,
        user_id: str,
        turn_id: str,
        model: str,
        epoch: int,
        last_seq: int,
        fresh: NewTurn | None = None,
        ending: Ending | None = None,
    ) -> None:
        """Run a turn whose lease this process holds; one that is not `fresh` goes on from what is stored. With an
        `ending` it is ended instead."""
        turn = self._log(user_id, turn_id, epoch, last_seq)
        interrupt = Cancellation(deadline=asyncio.get_running_loop().time() + self._timeout)
        # A stop from another process arrives with the next fenced write or heartbeat, whichever comes first.
        turn.on_cancel = lambda: interrupt.stop("cancelled")
        agent = self._agent_for(model)
        task = asyncio.create_task(self._run(turn, interrupt, agent, fresh, ending), name=f"turn {turn_id}")
        self._jobs[turn_id] = RunningTurn(log=turn, interrupt=interrupt, task=task)
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
                log.warning("abandoned turns could not be looked for: %s", error.message)

    async def take_over(self) -> int:
        """Go on with turns that nobody runs any more; return how many there were."""
        taken = 0
        for dangling in await self._database.dangling():
            if dangling.turn_id not in self._jobs and (dangling.expired or is_gone(dangling.owner)):
                taken += await self._claim(dangling)
        return taken

    async def cancel(self, user_id: str, turn_id: str) -> None:
        """Stop the turn, wherever it runs. Returns once it is over, or once its owner was told."""
        job = self._jobs.get(turn_id)
        if job is not None:
            job.interrupt.stop("cancelled")
            await asyncio.wait([job.task], timeout=CANCEL_SECONDS)
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
        run = await _loaded(self._agent_for(record.turn.model), turn, Cancellation(deadline=0))
        await self._end(turn, run, Ending(status="cancelled"))

    async def answer(
        self, user_id: str, turn_id: str, call_id: str, decision: Decision, arguments: Mapping[str, Any] | None
    ) -> None:
        """Answer the approval a turn is parked on, and go on with it here. Raises `NotFound` or `Conflict`."""
        async with self._database.begin(user_id, turn_id=turn_id, call_id=call_id) as store:
            record = await store.turns.get(turn_id)
            approval = record.turn.approval
            if record.turn.status != "awaiting_approval" or approval is None or approval.call_id != call_id:
                raise Conflict("That question is no longer open.")
            call = next(call for call in record.turn.tool_calls if call.id == call_id)
            await store.turns.unpark(turn_id)
            # Unpark, claim, answer and receipts commit together: a crash leaves the question open or fully answered.
            epoch = await self._seize(store.turns, record)
            turn = self._log(user_id, turn_id, epoch, record.last_seq)
            entry = TurnTransaction(store, turn_id, record.last_seq)
            # "never" is a "no" to this call: clients that don't know the word read the events too.
            entry.emit(ApprovalAnswered, call_id=call_id, decision="no" if decision == "never" else decision)
            for each, agreed in _answered(decision, arguments, call, record.turn.tool_calls):
                if agreed is None:
                    await refuse(entry, turn, each, "denied", DENIED)
                else:
                    await store.turns.set_call(turn_id, each.step, each.position, status="pending", arguments=agreed)
            if decision == "always":
                await store.conversations.grant(record.turn.conversation_id, approval.tool, granted_size(approval))
            elif decision == "never":
                await store.conversations.grant(record.turn.conversation_id, approval.tool, NEVER)
            await entry.append()
        self._hub.publish(turn_id, entry.events)
        self.start(user_id=user_id, turn_id=turn_id, model=record.turn.model, epoch=epoch, last_seq=entry.last_seq)

    async def aclose(self) -> None:
        """Let go of every turn; each goes on where it was at the next start, or at once in another process."""
        self._closing = True
        self._closed.set()
        for task in filter(None, (self._heart, self._watch)):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        jobs = list(self._jobs.values())
        for job in jobs:
            job.interrupt.stop("released")
        if jobs:
            await asyncio.wait([job.task for job in jobs])

    # --- one turn ---

    async def _run(
        self, turn: TurnLog, interrupt: Cancellation, agent: Agent, fresh: NewTurn | None, ending: Ending | None
    ) -> None:
        began = time.perf_counter()
        ended, code, run = await self._carry(turn, interrupt, agent, fresh, ending)
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
        self, turn: TurnLog, interrupt: Cancellation, agent: Agent, fresh: NewTurn | None, ending: Ending | None
    ) -> tuple[TurnEnding, str, Run | None]:
        """Work on the turn as far as it goes, or end it where an `ending` is given: how that ended, the code of an
        error, and the run. While the database does not answer, the turn waits for it here."""
        run: Run | None = None
        outages = _Outages()
        while ending is None:
            try:
                # Only the first pass may use what is in memory. After an outage the database alone knows what was
                # committed, since the answer to the last COMMIT may be what was lost.
                async with self._admission.admitted(interrupt):
                    run = agent.begin(turn, interrupt, fresh) if fresh else await agent.load(turn, interrupt)
                    fresh = None
                    return await agent.go_on(run), "", run
            except StaleOwner:
                return "lost", "", run
            except RunCancelled as stop:
                if stop.reason != "cancelled":
                    await self._let_go(turn, stop)
                    return stop.reason, "", run
                ending = Ending(status="cancelled")
            except StorageError as error:
                log.error("turn %s is waiting for the database: %s", turn.turn_id, error.message, extra=_ids(turn))
                fresh = None
                if outages.too_many(run):
                    ending = Ending(status="failed", error=error)
                elif not await self._reopened(turn, interrupt):
                    return "broken", error.code, run
            except (ModelError, OperatorError) as error:
                ending = Ending(status="failed", error=error)
            except Exception:  # those of the user's or a tool's move as well: neither made a move here
                log.exception("turn %s failed", turn.turn_id, extra=_ids(turn))
                ending = Ending(status="failed", error=_INSIDE)
        return await self._settle(turn, interrupt, agent, run, ending)

    async def _let_go(self, turn: TurnLog, stop: RunCancelled) -> None:
        if stop.reason == "lost":
            return
        try:
            async with self._database.begin(turn.user_id, turn_id=turn.turn_id) as store:
                await store.turns.release(turn.turn_id, turn.epoch)
        except StorageError as error:
            log.warning("turn %s could not be released; its lease will expire: %s", turn.turn_id, error.message)

    async def _reopened(self, turn: TurnLog, interrupt: Cancellation) -> bool:
        """Wait until the database takes writes again and the turn is still ours; False where it is not, or this process
        ends. Viewers are told once that takes longer than a moment."""
        loop = asyncio.get_running_loop()
        began, pause, reported = loop.time(), OUTAGE_FIRST_SECONDS, False
        while not self._closing:
            with suppress(TimeoutError):
                async with asyncio.timeout(pause * _DICE.uniform(0.5, 1.0)):
                    await self._closed.wait()
            pause = min(2 * pause, OUTAGE_LONGEST_SECONDS)
            # Renewing the lease is both the test whether the database takes writes and the fence: another process may
            # have taken the turn over while this one could not renew it.
            try:
                held = await self._database.hold([turn.lease], lease=self.lease)
                if turn.turn_id not in held:
                    return False
                async with self._database.read(turn.user_id) as store:
                    last_seq = (await store.turns.get(turn.turn_id)).last_seq
            except StorageError as error:
                if not reported and loop.time() - began > OUTAGE_REPORTED_SECONDS:
                    reported = True
                    self._hub.fail(turn.turn_id, error)
                continue
            # The last write may have been committed although its answer was lost: go on from what is stored.
            turn.last_seq = last_seq
            interrupt.go_on_after(loop.time() - began)
            self._hub.keep(turn.user_id, turn.turn_id, before=last_seq)
            self._hub.grown(turn.turn_id, last_seq)
            return True
        return False

    # --- its end ---

    async def _settle(
        self, turn: TurnLog, interrupt: Cancellation, agent: Agent, run: Run | None, ending: Ending
    ) -> tuple[TurnEnding, str, Run | None]:
        """End the turn, once the database takes it."""
        code = ending.error.code if ending.error else ""
        while True:
            try:
                run = run or await _loaded(agent, turn, interrupt)
                await self._end(turn, run, ending)
            except StaleOwner:
                return "lost", "", run
            except StorageError as error:
                log.error("turn %s cannot be ended yet: %s", turn.turn_id, error.message, extra=_ids(turn))
                if not await self._reopened(turn, interrupt):
                    return "broken", error.code, run
            else:
                return ("cancelled" if ending.status == "cancelled" else "failed"), code, run

    async def _end(self, turn: TurnLog, run: Run | None, ending: Ending) -> None:
        """Write the final event of a turn that did not finish, with what it said; or without, where that is what cannot
        be written: no turn is ever stuck for its own text. Raises `StaleOwner` and `StorageError`."""
        if run is not None:
            try:
                return await self._end_whole(run, ending)
            except (StaleOwner, StorageError):
                raise
            except Exception:
                log.exception("turn %s is ended without its text", turn.turn_id, extra=_ids(turn))
        async with turn.write(
            first=lambda turns: turns.finish(
                turn.turn_id, status=ending.status, error=ending.sentence, epoch=turn.epoch
            )
        ) as entry:
            ending.emit(entry, response="", model="", usage=Usage())

    async def _end_whole(self, run: Run, ending: Ending) -> None:
        """Keep what the turn said, and close its open calls."""
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
                status=ending.status,
                response=response,
                error=ending.sentence,
                usage=run.usage,
                finished_at=store.now,
            )
            ending.emit(entry, response=response, model=record.turn.model, usage=run.usage)

    # --- leases ---

    def _log(self, user_id: str, turn_id: str, epoch: int, last_seq: int) -> TurnLog:
        return TurnLog(
            database=self._database,
            hub=self._hub,
            writer=self._writer,
            user_id=user_id,
            turn_id=turn_id,
            epoch=epoch,
            last_seq=last_seq,
        )

    def _abandoned(self, record: TurnRecord) -> bool:
        return record.expired or is_gone(record.owner)

    async def _seize(self, turns: TurnStore, record: TurnRecord) -> int:
        # Compare and set: of several processes that see the lease expire, one gets the next epoch.
        epoch = await turns.claim(record.turn.id, owner=self.owner, lease=self.lease, expected_epoch=record.epoch)
        if epoch is None:
            raise Conflict("Another process is already answering this turn.")
        return epoch

    async def _claim(self, dangling: DanglingTurn) -> bool:
        """Take the turn over and go on with it; or end it, where a stop was asked for meanwhile or each process that
        took it over so far died of it."""
        try:
            async with self._database.begin(dangling.user_id, turn_id=dangling.turn_id) as store:
                record = await store.turns.get(dangling.turn_id)
                # As with `_seize`, only one process gets the next epoch. It counts take-overs, since a turn whose text
                # kills each process that runs it must not go round for ever.
                claimed = await store.turns.take_over(
                    dangling.turn_id,
                    owner=self.owner,
                    lease=self.lease,
                    expected_epoch=dangling.epoch,
                )
        except KirotodoError as error:
            log.warning("turn %s could not be taken over: %s", dangling.turn_id, error.message)
            return False
        if claimed is None:
            return False
        ending = None
        if record.cancel_requested:
            ending = Ending(status="cancelled")
        elif claimed.takeovers > TAKEOVERS_MAX:
            ending = Ending(status="failed", error=ModelError(GIVEN_UP))
        self.start(
            user_id=dangling.user_id,
            turn_id=dangling.turn_id,
            model=record.turn.model,
            epoch=claimed.epoch,
            last_seq=record.last_seq,
            ending=ending,
        )
        return True

    async def _beat(self) -> None:
        """Keep the leases while turns run, and see whether somebody asked for a stop."""
        while self._jobs and not self._closing:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            jobs = list(self._jobs.values())
            try:
                held = await self._database.hold([job.log.lease for job in jobs], lease=self.lease)
            except KirotodoError as error:
                log.warning("leases could not be renewed: %s", error.message)
                continue  # a lease outlives several beats; once it has run out, the fence of the next write says so
            # The update names the epoch too: no row means that the turn is over, or that another process owns it.
            for job in jobs:
                match held.get(job.log.turn_id):
                    case None:
                        job.interrupt.stop("lost")
                    case True:
                        job.interrupt.stop("cancelled")


def _answered(
    decision: Decision, arguments: Mapping[str, Any] | None, call: ToolCall, calls: Sequence[ToolCall]
) -> Iterable[tuple[ToolCall, Mapping[str, Any] | None]]:
    """Return the calls that an answer is about with their arguments, None for those that are denied. `arguments`
    replace those of the call that was asked about, or choose among the tasks of several."""
    batch = covered(call, calls)
    if decision in ("no", "never"):
        return [(each, None) for each in batch]
    if arguments is None:
        return [(each, each.arguments) for each in batch]
    return [(call, arguments)] if len(batch) == 1 else narrowed(batch, arguments, TOOLS)


async def _loaded(agent: Agent, turn: TurnLog, interrupt: Cancellation) -> Run | None:
    """Return the turn as it is committed; None where that cannot be read, which must not keep it from ending."""
    try:
        return await agent.load(turn, interrupt)
    except StorageError:
        raise
    except Exception:
        log.exception("turn %s cannot be loaded", turn.turn_id, extra=_ids(turn))
        return None


def _ids(turn: TurnLog) -> dict[str, str]:
    """For log lines: whose turn and which one."""
    return {"user_id": turn.user_id, "turn_id": turn.turn_id}
