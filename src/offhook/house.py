"""The running Offhook: every room, put together as the settings say."""

import asyncio
import random
from collections.abc import Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import msgspec

from offhook import logs
from offhook.alarms.configured import alarms_of
from offhook.alarms.notify.configured import Means as AlarmMeans
from offhook.alarms.notify.configured import open_outbox
from offhook.alarms.outbox import Outbox
from offhook.alarms.watcher import Watcher, WatcherParts
from offhook.api.alarm_desk import open_desk as open_alarm_desk
from offhook.api.server import ConsoleServer, cannot_listen
from offhook.cli.assembly import ServeInfo
from offhook.console.callers import Callers
from offhook.console.history import History
from offhook.console.house import Address
from offhook.console.key import ConsoleKey
from offhook.console.live import Live
from offhook.console.names import allowed_hosts
from offhook.console.oneoff import OneOff
from offhook.console.routes import Login, create_console
from offhook.console.session import Sessions
from offhook.console.trial import Trial
from offhook.debugger import classify, overrides
from offhook.debugger.recorder import Recorder, RecorderParts
from offhook.delivery.courier import Courier
from offhook.delivery.parts import Parts
from offhook.delivery.round import RedirectRules, RoundParts
from offhook.delivery.runner import RoundRunner
from offhook.dev.front import Around
from offhook.doctor.configured import configured_practice
from offhook.errors import OffhookError
from offhook.intake.configured import intake_limits, tls_files
from offhook.intake.desk import Desk, DeskParts
from offhook.intake.handover import Handover
from offhook.intake.listener import Listener
from offhook.metrics import Metrics
from offhook.net.configured import open_transport
from offhook.ports import Clock
from offhook.providers.configured import derive, providers
from offhook.providers.drafts import Draft
from offhook.providers.twilio import Twilio
from offhook.providers.twilio_debugger import TwilioDebugger
from offhook.records import Endpoint, Exchange, ReplyState
from offhook.replies.configured import Means as ReplyMeans
from offhook.replies.configured import open_replies, open_rest
from offhook.replies.desk import ReplyDesk
from offhook.settings import Settings, is_loopback, lacking
from offhook.stores.configured import open_journal
from offhook.stores.retention import Retention
from offhook.streams.configured import Tools, open_desk, reader, tools_of
from offhook.streams.registry import numbered
from offhook.streams.worker import Streams, StreamsParts
from offhook.system import SystemClock, TimeSortedIds

log = logs.get("offhook")

# Of the time that a stop may take, this much is for closing the doors and the journal.
CLOSING = 5.0
# And so much for the alarms' last look, seconds.
WATCHED_ONCE_MORE = 2.0
SENDABLE = frozenset({ReplyState.KEPT, ReplyState.FAILED, ReplyState.EXPIRED, ReplyState.AMBIGUOUS})


class House:
    """The running Offhook: both listeners, the couriers, the reply sender, the journal between them (`api.house.House`).

    `around` is what the simulator's chaos puts around the door by which the app is called, and into the debug events.
    """

    def __init__(self, settings: Settings, around: Around = Around()) -> None:  # noqa: B008 - frozen
        self.settings = settings
        self._ids = TimeSortedIds()
        self._workers: dict[str, asyncio.Task[None]] = {}
        self.clock: Clock = SystemClock()
        self.metrics = Metrics()
        self.endpoints: Sequence[Endpoint] = settings.endpoints
        self._providers = providers(settings)
        self.journal = open_journal(settings, derive(settings, self._providers), self.clock, self.metrics.committed)
        self._transport = open_transport(settings, self.clock)
        # Replies are not repeatable, so their connections are never ones that the other side may just have closed.
        self._reply_transport = open_transport(settings, self.clock, pool_size=0)
        self._judge = partial(classify.judge, status_code=settings.twilio_code_for_status)
        self._rest = open_rest(settings, self._reply_transport, self.clock, self._judge)
        rounds = self._rounds(around)
        means = ReplyMeans(self.journal, self.clock, self._ids, self.metrics)
        self._sender, replies = open_replies(settings, self._rest, rounds, means)
        self._courier, self._recorder = self._couriers(rounds, replies, around)
        self._handover = Handover(self._courier, dict.fromkeys(self._told, self._recorder))
        self._desk = self._open_desk()
        self._intake = Listener(
            self._desk, host=settings.host, port=settings.port, tls=tls_files(settings), limits=intake_limits(settings)
        )
        having = tools_of(settings, self._transport, self.clock, self._ids)
        self._streams = self._pumps(having)
        self.streams = open_desk(settings, self.journal, having, self._streams)
        names = [each.name for each in self.endpoints]
        desk = open_alarm_desk(self.journal, self.clock, self._ids, endpoints=names, account_sid=settings.account_sid)
        self.alarms = desk._replace(lacking=lacking(settings))
        self._watcher, self._outbox = self._open_alarms()
        self.doctor = configured_practice(settings)
        self.allowed_hosts: Sequence[str] = allowed_hosts(settings)
        self.sessions = Sessions(self.clock.now)
        self.history = History(self.metrics, self.journal, self.clock)
        self.live = Live(self.journal)
        self.once = OneOff(rounds)
        self._trial = Trial(settings, self._provider, self._transport, lambda: self._intake.port)
        self._console_key = ConsoleKey(settings.database)
        self._console = self._open_console()
        self._retention = Retention(self.journal, self.clock, settings.retention, settings.retention_size)
        self._watch()

    # -- from start to stop

    async def start(self) -> None:
        """Open the journal, take over what it holds, then open the doors. Raises OffhookError; nothing is left open then."""
        await self.journal.open()
        try:
            self._console_key.open()
            await self.history.start()
            await self.streams.tidy()
            await self._handover.take_over(self.journal)
            await self._courier.start(elsewhere=self._handover.own)
            await self._recorder.start()
            await self.alarms.book.adopt(alarms_of(self.settings))
            await self.journal.record(list(overrides.report(self.endpoints, self.clock, self._ids)))
            await self._watcher.start()
            await self._streams.start()
            await listen(self._intake, "webhooks", self.settings.host, self.settings.port)
            await listen(self._console, "console", self.settings.console_host, self.settings.console_port)
        except BaseException:
            await self.stop()
            raise
        self._work("courier", self._courier.run())
        self._work("replies", self._sender.run())
        self._work("debugger", self._recorder.run())
        self._work("retention", self._retention.run())
        self._work("streams", self._streams.run())
        self._work("alarms", self._watcher.run())
        self._work("alarm outbox", self._outbox.run())
        self._work("history", self.history.run())

    async def work(self, stop: asyncio.Event) -> None:
        """Until `stop` is set. Raises OffhookError when a worker has died: then the whole is better started anew."""
        stopper = asyncio.create_task(stop.wait())
        await asyncio.wait({stopper, *self._workers.values()}, return_when=asyncio.FIRST_COMPLETED)
        stopper.cancel()
        for name, task in self._workers.items():
            if task.done() and not stop.is_set():
                raise OffhookError(f"The worker {name} has died; start Offhook again.") from task.exception()
        log.info("offhook.stopping")

    async def stop(self) -> None:
        """Stop accepting, finish what is under way as far as the time allows, close the journal. Nothing is lost."""
        within = max(1.0, self.settings.shutdown_timeout - CLOSING)
        await self.streams.close()
        rooms = (self._courier, self._recorder, self._sender, self._streams, self._outbox)
        await asyncio.gather(self._intake.stop(within), *(room.stop(within) for room in rooms))
        await self._desk.close()
        for task in self._workers.values():
            task.cancel()
        await asyncio.gather(*self._workers.values(), return_exceptions=True)
        if self._workers:
            await self._watcher.stop(WATCHED_ONCE_MORE)
            await self.history.stop()
        self.live.close()
        await self._console.stop()
        await self.doctor.close()
        await self._transport.close()
        await self._reply_transport.close()
        await self.journal.close()
        log.info("offhook.stopped")

    def where(self) -> ServeInfo:
        """The addresses that are listened on."""
        settings = self.settings
        return ServeInfo(
            intake=(settings.host, self._intake.port),
            console=(settings.console_host, self._console.port),
            login=self.sessions.link(),
        )

    def _work(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self._workers[name] = asyncio.create_task(work, name=name)

    # -- for the console

    async def replay(self, ids: Sequence[str], *, delivered: bool = True) -> int:
        """Set these webhooks waiting, due now; returns how many changed. Raises JournalError."""
        changed = await self._courier.replay(ids, delivered=delivered)
        self._recorder.look()
        return changed

    async def send_reply(self, reply_id: str) -> bool:
        """Have an ended or kept reply sent after all; False when it is waiting or sent already. Raises JournalError."""
        reply = await self.journal.reply(reply_id)
        if reply is None or reply.state not in SENDABLE:
            return False
        now = self.clock.now()
        again = msgspec.structs.replace(
            reply,
            state=ReplyState.WAITING,
            due=now,
            attempts=0,
            expires_at=now + self.settings.reply_within,
            note="Asked to be sent after all.",
        )
        await self.journal.settle_reply(again)
        self._sender.wake()
        return True

    def breakers(self) -> Mapping[str, bool]:
        """By endpoint, whether its app is given a rest."""
        return self._courier.breakers()

    def addresses(self) -> Mapping[str, Address]:
        """By endpoint, where its webhooks come in."""
        return self._trial.addresses()

    async def hasten(self, endpoint: str) -> int:
        """Have what waits for an endpoint's app delivered now; returns how many were to wait longer. Raises JournalError."""
        return await self._courier.hasten(endpoint)

    async def send_test(self, endpoint: str, draft: Draft) -> Exchange:
        """Send a message to an endpoint's own address as Twilio would. Raises OffhookError."""
        return await self._trial.send(endpoint, draft)

    def ready(self) -> Mapping[str, str]:
        """What keeps the store and the couriers from working; "" when nothing does."""
        dead = [name for name, task in self._workers.items() if task.done()]
        return {"store": self.journal.trouble(), "deliver": f"stopped: {', '.join(dead)}" if dead else ""}

    # -- putting it together

    @property
    def _provider(self) -> Twilio:
        provider = self._providers[Twilio.name]
        assert isinstance(provider, Twilio)
        return provider

    @property
    def _told(self) -> Sequence[str]:
        """The endpoints at which Twilio tells of errors."""
        return [each.name for each in self.settings.endpoints if each.provider == TwilioDebugger.name]

    def _rounds(self, around: Around) -> RoundParts:
        door = around.door(self._transport, self.clock)
        return RoundParts(
            transport=door,
            kept_alive=self._transport if door is self._transport else None,
            sign=self._provider.sign,
            judge=self._judge,
            clock=self.clock,
            ids=self._ids,
            redirects=RedirectRules(
                carry_parameters=self.settings.redirect_parameters == "all",
                preserve_307=self.settings.redirect_307 == "preserve",
            ),
        )

    def _couriers(self, rounds: RoundParts, replies: ReplyDesk, around: Around) -> tuple[Courier, Recorder]:
        parts = Parts(
            journal=self.journal,
            rounds=RoundRunner(rounds),
            replies=replies,
            derive=self._provider.derive,
            debugger=around.events(self._ids),
            clock=self.clock,
            chance=random.random,
            metrics=self.metrics,
        )
        derive_told = self._providers[TwilioDebugger.name].derive
        recording = RecorderParts(journal=self.journal, derive=derive_told, clock=self.clock, metrics=self.metrics)
        with_app = {endpoint.name: endpoint for endpoint in self.settings.endpoints if endpoint.name not in self._told}
        return Courier(with_app, parts), Recorder(self._told, recording)

    def _open_desk(self) -> Desk:
        return Desk(
            {endpoint.name: endpoint for endpoint in self.settings.endpoints},
            DeskParts(
                providers=self._providers,
                journal=self.journal,
                deliveries=self._handover,
                clock=self.clock,
                ids=self._ids,
                metrics=self.metrics,
            ),
        )

    def _open_alarms(self) -> tuple[Watcher, Outbox]:
        watching = WatcherParts(
            book=self.alarms.book,
            journal=self.journal,
            clock=self.clock,
            ids=self._ids,
            metrics=self.metrics,
            breakers=self._courier.breakers,
        )
        means = AlarmMeans(self.journal, self.clock, self._ids, self._transport, self._rest, self._provider.sign)
        outbox = open_outbox(self.settings, means)
        self.alarms.book.follow(told=outbox.wake)
        return Watcher(watching), outbox

    def _open_console(self) -> ConsoleServer:
        settings = self.settings
        always = settings.console_login == "always" or not is_loopback(settings.console_host)
        login = Login(self.sessions, always, Callers(settings, self._console_key))
        return ConsoleServer(create_console(self, login), settings.console_host, settings.console_port)

    def _pumps(self, having: Tools) -> Streams:
        return Streams(
            StreamsParts(
                journal=self.journal,
                clock=self.clock,
                ids=self._ids,
                chance=random.random,
                kinds={kind.name: kind for kind in having.kinds},
                sinks=having.sinks,
                reading=reader(self.settings.account_sid or ""),
                number=numbered,
                counted=self.metrics.sink_events,
                retry_for=self.settings.sink_retry_for,
                retention=self.settings.retention,
            )
        )

    def _watch(self) -> None:
        self.metrics.watch("offhook_connections", lambda: {(): float(self._intake.connections)})
        self.metrics.watch("offhook_attempts_running", lambda: {(n,): float(v) for n, v in self._courier.under_way().items()})
        self.metrics.watch("offhook_sink_lag", lambda: {(n,): float(v) for n, v in self._streams.lags().items()})
        self.metrics.watch("offhook_breaker_open", lambda: {(n,): float(v) for n, v in self._courier.breakers().items()})


class Door(Protocol):
    """A listener that can be opened."""

    async def start(self) -> None:
        """Listen. Raises OSError."""


async def listen(door: Door, of: str, host: str, port: int) -> None:
    """Open a listener. Raises OffhookError that says what is in the way, and the way out."""
    try:
        await door.start()
    except OSError as error:
        raise cannot_listen(of, host, port, error) from error
