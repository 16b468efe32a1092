"""The courier: takes kept webhooks to their apps, fresh ones at once, the others when they are due."""

import asyncio
import contextlib
from collections.abc import Container, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from offhook import logs
from offhook.delivery import settlement
from offhook.delivery.backlog import Backlog
from offhook.delivery.conclusions import Conclusions
from offhook.delivery.conversations import Conversations
from offhook.delivery.job import Job, Relay
from offhook.delivery.line import Line
from offhook.delivery.notes import note_all, tell_breaker
from offhook.delivery.parts import Parts
from offhook.delivery.round import Begun, Round
from offhook.delivery.waiting import Waiting
from offhook.errors import JournalError
from offhook.records import (
    Answer,
    Arrival,
    Endpoint,
    Settlement,
    State,
    Webhook,
)
from offhook.turns import Turn

MOST_FRESH = 1_000
MOST_UNSETTLED = 2_000
OVERLAP_PAUSE = 1.0
PARKED_AT_ONCE = 8
PARKING_PAUSE = 0.005
KNOCK_AT_MOST_EVERY = 5.0
SETTLE_AGAIN_AFTER = 1.0
REPLAYABLE = frozenset({State.FAILED, State.DISMISSED, State.DELIVERED})

log = logs.get("courier")


Started = tuple[Job, Line]
Concluded = tuple[Job, Line, Round]
Settled = tuple[Job, Line, Round, Settlement]


class Courier:
    """One for all endpoints that have an app. `run()` looks after the parked webhooks; `accept()` and `repeat()` are called by the intake."""

    def __init__(self, endpoints: Mapping[str, Endpoint], parts: Parts) -> None:
        self._parts = parts
        self._lines = {name: Line(endpoint) for name, endpoint in endpoints.items()}
        self._conversations: Conversations[Job] = Conversations()
        self._waiting = Waiting(parts.clock)
        self._conclusions = Conclusions(parts, self._waiting)
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_round: set[Job] = set()
        self._unsettled: set[str] = set()
        self._starting: Turn[Started] = Turn(self._begin)
        self._concluding: Turn[Concluded] = Turn(self._conclude_all)
        self._stopping = self._breaking_off = False
        self._one_ended = asyncio.Event()
        self._replaying = asyncio.Lock()
        self._backlog = Backlog(self._lines.values(), parts.journal, parts.clock, resume=self._resume)

    # -- from the intake

    def accept(self, arrival: Arrival, answered: Answer | None, relay: Relay | None) -> None:
        """A fresh webhook, durably kept: deliver it now if its turn has come. `relay` is to be called once, within the hold."""
        line = self._lines[arrival.endpoint]
        job = Job(self._parts.derive(arrival), line.endpoint, answer=answered)
        if relay is not None:
            self._waiting.hold(job, relay)
        turn = self._conversations.arrive(job.webhook.conversation, job)
        if turn:
            self._offer(job, line)
        elif turn is None:
            self._park(job)
            if line.saw_gone and not line.gate.is_open:
                # It must wait for one that found nobody there. Somebody writes, so somebody may have started the app again.
                self._spawn(self._backlog.hasten(line, KNOCK_AT_MOST_EVERY))

    def repeat(self, webhook_id: str, relay: Relay) -> None:
        """A duplicate: give it the answer that the first one got, or will get."""
        if not self._waiting.join(webhook_id, relay):
            self._spawn(self._repeat(webhook_id, relay))

    async def _repeat(self, webhook_id: str, relay: Relay) -> None:
        try:
            webhook = await self._parts.journal.webhook(webhook_id)
        except JournalError:
            webhook = None
        if webhook is not None and webhook.answer is not None:
            relay(webhook.answer)
            return
        line = self._lines[webhook.endpoint] if webhook else next(iter(self._lines.values()))
        relay(settlement.stand_in(line.endpoint, self._parts.clock.now()))

    # -- starting deliveries

    def _offer(self, job: Job, line: Line) -> None:
        """The job's turn in its conversation has come: start it, let it wait for a place, or park it."""
        if self._stopping or line.gate.is_open:
            self._turn_away(job)
        elif not line.fresh and self._may_start(line, retry=False):
            self._start(job, line)
        elif len(line.fresh) < MOST_FRESH:
            line.fresh.append(job)
        else:
            self._turn_away(job)

    def _turn_away(self, job: Job) -> None:
        # The app is down or has more than enough to do: the provider need not wait for it.
        self._waiting.give_up(job)
        self._park(job)
        self._pass_on(job, still_blocks=True)

    def _may_start(self, line: Line, *, retry: bool) -> bool:
        if len(self._unsettled) >= MOST_UNSETTLED:
            return False
        return line.gate.room(self._parts.clock.monotonic(), retry=retry) > 0

    def _start(self, job: Job, line: Line) -> None:
        job.probe, job.has_place = line.gate.enter(retry=job.retry), True
        job.begun = job.task = None
        self._unsettled.add(job.webhook.id)
        self._in_round.add(job)
        self._starting.add((job, line))

    def _begin(self, started: Sequence[Started]) -> None:
        """Begin the rounds of all that were started in this turn of the loop."""
        if self._breaking_off:
            for job, line in started:
                self._abandon(job, line)
            return
        begun: Sequence[Begun | None] = [None] * len(started)
        # What is wrong with one of them comes again in its task, which can do something about it.
        with contextlib.suppress(Exception):
            begun = self._parts.rounds.begin_all(
                [(job.webhook, job.endpoint, partial(self._heard, job, line)) for job, line in started]
            )
        for (job, line), job.begun in zip(started, begun, strict=True):
            if job.begun is None:
                job.task = self._spawn(self._deliver(job, line))

    def _pump(self, line: Line) -> None:
        """Start whoever waits for a place. When the breaker has opened they are parked, a few at a time: others want to be answered."""
        turned_away = 0
        while line.fresh and not self._stopping:
            if line.gate.is_open:
                if turned_away == PARKED_AT_ONCE or line.parking is not None:
                    line.parking = line.parking or asyncio.get_running_loop().call_later(PARKING_PAUSE, self._park_on, line)
                    return
                turned_away += 1
                self._turn_away(line.fresh.popleft())
            elif self._may_start(line, retry=False):
                self._start(line.fresh.popleft(), line)
            else:
                return

    def _park_on(self, line: Line) -> None:
        line.parking = None
        self._pump(line)

    def _pump_all(self, line: Line, ended: str) -> None:
        """A delivery has come to its end: this line goes on, and where all lines together were full, each of them."""
        full = len(self._unsettled) >= MOST_UNSETTLED
        self._unsettled.discard(ended)
        if self._stopping:
            self._one_ended.set()
        for each in self._lines.values() if full else (line,):
            if each.fresh:
                self._pump(each)

    def _pass_on(self, job: Job, *, still_blocks: bool) -> None:
        """The job gives up its conversation's turn: the next one goes, or all behind it are parked."""
        following, parked = self._conversations.finish(job.webhook.conversation, blocks=still_blocks)
        for behind in parked:
            self._park(behind)
        if following is not None:
            self._offer(following, self._lines[following.endpoint.name])

    def _park(self, job: Job) -> None:
        """Leave the webhook to the journal until it can be claimed. While the app is down the provider need not wait for that."""
        if self._lines[job.endpoint.name].gate.is_open:
            self._waiting.give_up(job)
        job.webhook = settlement.parked(job.webhook)
        self._spawn(self._settle(job, Settlement(webhook=self._answered(job))))

    # -- delivering

    def _heard(self, job: Job, line: Line, done: Round | None) -> None:
        """The first exchange of a round has delivered the webhook, as it mostly does; or the rest needs a task."""
        if done is None:
            job.task = self._spawn(self._deliver(job, line))
        else:
            job.begun = None
            self._concluding.add((job, line, done))

    async def _deliver(self, job: Job, line: Line) -> None:
        """The round, or what is left of it. Whoever breaks it off puts the webhook back."""
        try:
            done = await (job.begun.finish() if job.begun else self._parts.rounds.run(job.webhook, job.endpoint))
        except Exception:
            # A fault of ours must not lose the message, nor its place in the schedule.
            log.exception("delivery.broken", webhook=job.webhook.id)
            self._abandon(job, line, again_in=60.0)
        else:
            self._concluding.add((job, line, done))

    def _conclude_all(self, concluded: Sequence[Concluded]) -> None:
        """Do what these rounds have come to: a step for all of them, then the next one."""
        settled: list[Settled] = []
        for job, line, done in concluded:
            try:
                drawn = self._conclude(job, line, done)
            except Exception:
                log.exception("delivery.broken", webhook=job.webhook.id)
                self._abandon(job, line, again_in=60.0)
                continue
            if drawn is not None:
                settled.append((job, line, done, drawn))
            elif self._breaking_off:
                self._abandon(job, line)
            else:
                job.task = self._spawn(self._follow(job, line, done))
        self._settle_rounds(settled)

    def _conclude(self, job: Job, line: Line, done: Round) -> Settlement | None:
        """What is to be written down; None while the app's answer leads to other documents, which say what its replies are."""
        line.gate.leave(retry=job.retry)
        job.has_place = False
        try:
            self._weigh(job, line, done)
            return self._conclusions.now(job, done)
        except Exception:
            log.exception("delivery.not_concluded", webhook=job.webhook.id)
            return self._conclusions.little(job, done)

    async def _follow(self, job: Job, line: Line, done: Round) -> None:
        """Get the other documents to which the app's answer leads, and have the round settled. Whoever breaks it off puts the webhook back."""
        try:
            settled = await self._conclusions.later(job, done)
        except Exception:
            log.exception("delivery.not_concluded", webhook=job.webhook.id)
            settled = self._conclusions.little(job, done)
        self._settle_rounds([(job, line, done, settled)])

    def _settle_rounds(self, rounds: Sequence[Settled]) -> None:
        """Have them written down, and go on with those that need not wait for that."""
        try:
            note_all(self._parts, [(job.webhook, done, settled.webhook) for job, _, done, settled in rounds])
        except Exception:
            log.exception("delivery.not_noted")
        put = self._parts.journal.put
        for job, line, _, settled in rounds:
            self._in_round.discard(job)
            job.webhook = settled.webhook
            written = partial(self._written, job, line, settled)
            # What is wrong with one of them has nothing to do with the others.
            try:
                put(settled, written)
            except Exception as error:  # noqa: BLE001 - see above
                written(error)
            try:
                if not settlement.blocks(settled.webhook):
                    self._pass_on(job, still_blocks=False)
            except Exception:
                log.exception("delivery.not_passed_on", webhook=job.webhook.id)
        for line in {line.endpoint.name: line for _, line, _, _ in rounds}.values():
            self._pump(line)

    def _written(self, job: Job, line: Line, settled: Settlement, error: Exception | None) -> None:
        if error is not None:
            self._spawn(self._write_again(job, line, settled, error))
            return
        try:
            self._settled(job, settled)
        finally:
            self._ended(job, line)

    async def _write_again(self, job: Job, line: Line, settled: Settlement, error: Exception) -> None:
        await self._settle(job, settled, error)
        self._ended(job, line)

    def _ended(self, job: Job, line: Line) -> None:
        """The round has been written down."""
        blocks = settlement.blocks(job.webhook)
        if blocks:
            # Only now can those behind it see in the journal that they must wait.
            self._pass_on(job, still_blocks=True)
        self._pump_all(line, job.webhook.id)
        if line.parked and not blocks:
            self._backlog.look(line, self._parts.clock.now())

    def _abandon(self, job: Job, line: Line, again_in: float = 0.0) -> None:
        """Put the webhook back: its round was broken off, or has broken, or its documents were not waited for.

        Asked again after the start, with the same token, the app can tell a repetition; a reply that was never put together would be lost.
        """
        self._in_round.discard(job)
        if job.has_place:
            job.has_place = False
            line.gate.leave(retry=job.retry)
            line.gate.report(self._parts.clock.monotonic(), able=None, probe=job.probe)
        self._waiting.give_up(job)
        job.webhook = msgspec.structs.replace(job.webhook, state=State.WAITING, due=self._parts.clock.now() + again_in)
        self._park(job)
        self._pass_on(job, still_blocks=True)
        self._pump_all(line, job.webhook.id)

    def _weigh(self, job: Job, line: Line, done: Round) -> None:
        """Tell the gate what the primary URL showed of its app."""
        primary = done.attempts[0]
        shown = primary.exchanges[-1] if primary.exchanges else done.exchange
        able = settlement.able(shown)
        line.saw_gone = line.saw_gone or (not able and settlement.unreachable(shown))
        was_open = line.gate.is_open
        closed = line.gate.report(self._parts.clock.monotonic(), able=able, probe=job.probe)
        if line.gate.is_open != was_open:
            self._spawn(tell_breaker(self._parts, line.endpoint.name, shown, is_open=not was_open))
        if closed or (able and line.saw_gone):
            line.saw_gone = False
            self._spawn(self._backlog.hasten(line))

    def _answered(self, job: Job) -> Webhook:
        return msgspec.structs.replace(job.webhook, answer=job.answer) if job.answer and not job.webhook.answer else job.webhook

    # -- the journal

    async def _settle(self, job: Job, settled: Settlement, error: Exception | None = None) -> None:
        """Write it down; a journal that cannot just now is asked again, since the app has done its work. `error`: it could not once already."""
        while True:
            if error is None:
                try:
                    await self._parts.journal.settle(settled)
                    break
                except JournalError as refused:
                    error = refused
            log.warning("delivery.not_settled", webhook=settled.webhook.id, reason=str(error))
            if self._stopping:
                return
            if not self._parts.journal.trouble():
                # The journal is well, and still cannot write this: then what became of the webhook, without the evidence.
                settled = Settlement(webhook=settled.webhook)
            await self._parts.clock.sleep(SETTLE_AGAIN_AFTER)
            error = None
        self._settled(job, settled)

    def _settled(self, job: Job, settled: Settlement) -> None:
        if settled.webhook.answer is not None:
            self._waiting.written(settled.webhook.id)
        if settled.webhook.state is State.WAITING:
            self._backlog.parked(self._lines[job.endpoint.name], settled.webhook.due)
        if settled.replies:
            self._parts.replies.wake()

    async def adopt(self, arrivals: Sequence[Arrival]) -> None:
        """Arrivals of a former process that were never settled: they wait now, as all that is to be delivered later does."""
        adopted = [Settlement(webhook=settlement.parked(self._parts.derive(arrival))) for arrival in arrivals]
        await asyncio.gather(*(self._parts.journal.settle(settled) for settled in adopted))

    async def start(self, elsewhere: Container[str] = ()) -> None:
        """Take over what waits in the journal, but for endpoints `elsewhere`. Arrivals that were never settled are to be adopted before."""
        journal = self._parts.journal
        for conversation, _ in await journal.blocking():
            self._conversations.load(conversation)
        counts = await journal.counts()
        for name, states in counts.items():
            undelivered = states.get(State.WAITING, 0) + states.get(State.DELIVERING, 0)
            if name in self._lines:
                self._lines[name].parked = undelivered
            elif undelivered and name not in elsewhere:
                log.warning(
                    "delivery.no_such_endpoint", endpoint=name, waiting=undelivered, hint="configure it to have them delivered"
                )

    async def run(self) -> None:
        """Take up what is due in the journal, for as long as the courier works."""
        await self._backlog.run()

    def _resume(self, webhook: Webhook, line: Line) -> None:
        """Start a claimed webhook; put it back when another one of its conversation is under way, and leave it when it is so itself."""
        if webhook.id in self._unsettled:
            # Its lease has ended before its round was written: the clock has jumped, or the journal could not write.
            self._backlog.parked(line, webhook.due)
            return
        job = self._waiting.find(webhook.id) or Job(webhook, line.endpoint, answer=webhook.answer)
        job.webhook, job.retry = webhook, True
        if not self._conversations.resume(webhook.conversation, blocks=settlement.blocks(webhook)):
            job.webhook = msgspec.structs.replace(webhook, due=self._parts.clock.now() + OVERLAP_PAUSE)
            self._park(job)
            return
        self._start(job, line)

    # -- from the API, and the end

    async def replay(self, ids: Iterable[str], *, delivered: bool = True) -> int:
        """Put webhooks back to be delivered now, unless `delivered` only those that were not; returns how many there were."""
        async with self._replaying:  # of two replays of one webhook the second must see what the first has done
            found = [await self._parts.journal.webhook(webhook_id) for webhook_id in dict.fromkeys(ids)]
            states = REPLAYABLE if delivered else REPLAYABLE - {State.DELIVERED}
            again = [webhook for webhook in found if webhook is not None and webhook.state in states]
            now = self._parts.clock.now()
            changed = await self._parts.journal.requeue([webhook.id for webhook in again], now, delivered=delivered)
        for webhook in again:
            self._conversations.load(webhook.conversation)
            if webhook.endpoint in self._lines:
                self._backlog.parked(self._lines[webhook.endpoint], now)
        return changed

    async def hasten(self, endpoint: str) -> int:
        """Have what waits for an endpoint's app tried now; returns how many were due later. Raises JournalError."""
        line = self._lines.get(endpoint)
        if line is None:
            return 0
        now = self._parts.clock.now()
        changed = await self._parts.journal.hasten(endpoint, now)
        self._backlog.look(line, now)
        return changed

    def breakers(self) -> dict[str, bool]:
        """Which endpoints' apps are given a rest."""
        return {name: line.gate.is_open for name, line in self._lines.items()}

    def under_way(self) -> dict[str, int]:
        """How many deliveries to each endpoint are under way."""
        return {name: line.gate.active for name, line in self._lines.items()}

    async def stop(self, within: float) -> None:
        """Start nothing more, let what is under way finish, and after `within` seconds put the rest back into the journal."""
        self._stopping = True
        self._backlog.stop()
        for line in self._lines.values():
            while line.fresh:
                self._turn_away(line.fresh.popleft())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._until_all_have_ended()
        self._breaking_off = True
        for job in list(self._in_round):
            self._break_off(job)
        # What is being written is let finish: the journal ends each write, well or badly.
        await self._until_all_have_ended()
        self._waiting.give_up_all()

    def _break_off(self, job: Job) -> None:
        line = self._lines[job.endpoint.name]
        if job.task is not None:
            # By the task's end, not in it: one that has not begun yet would never hear of it.
            job.task.add_done_callback(lambda task: self._abandon(job, line) if task.cancelled() else None)
            job.task.cancel()
        elif job.begun is not None:
            job.begun.break_off()
            self._abandon(job, line)

    async def _until_all_have_ended(self) -> None:
        while self._tasks or self._unsettled:
            if self._tasks:
                await asyncio.wait(self._tasks)
            else:
                self._one_ended.clear()
                await self._one_ended.wait()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
