"""Puts Offhook together: the only file that knows every room."""

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from offhook import logs
from offhook.alarms.configured import alarms_of
from offhook.alarms.notify.configured import Means as AlarmMeans
from offhook.alarms.notify.configured import open_outbox
from offhook.alarms.watcher import Watcher, WatcherParts
from offhook.api.alarm_desk import open_desk as open_alarm_desk
from offhook.api.server import ConsoleServer, cannot_listen
from offhook.cli.app import build
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
from offhook.delivery.round import RedirectRules, RoundParts, RoundRunner
from offhook.dev.front import Around
from offhook.dev.options import DevOptions
from offhook.dev.replay import Compared
from offhook.dev.server import Beside, DevInfo, DevPlan, run_dev, run_replay
from offhook.doctor.admission import Tools as DoctorTools
from offhook.doctor.configured import configured_practice, doctor_tools
from offhook.errors import OffhookError
from offhook.intake.configured import intake_limits, tls_files
from offhook.intake.desk import Desk, DeskParts
from offhook.intake.handover import Handover
from offhook.intake.listener import Listener
from offhook.metrics import Metrics
from offhook.net.configured import check_callable, open_transport
from offhook.net.transport import HttpTransport
from offhook.ports import Clock, Ids, Journal, Transport
from offhook.providers.configured import derive, providers, twilio
from offhook.providers.drafts import Draft
from offhook.providers.twilio import Twilio
from offhook.providers.twilio_debugger import TwilioDebugger
from offhook.records import Endpoint, Exchange, ReplyState
from offhook.replies.compose import Composer
from offhook.replies.credentials import credentials
from offhook.replies.desk import ReplyDesk
from offhook.replies.documents import Documents
from offhook.replies.rest import TwilioRest
from offhook.replies.sender import Parts as SenderParts
from offhook.replies.sender import ReplySender
from offhook.settings import Settings, check_startable, is_loopback
from offhook.stores.configured import open_journal
from offhook.stores.retention import Retention
from offhook.streams.carrying import NobodyCarries
from offhook.streams.configured import Means, Tools, open_desk, reader, tools
from offhook.streams.desk import Desk as StreamDesk
from offhook.streams.registry import numbered
from offhook.streams.sinks.table import KINDS
from offhook.streams.worker import Streams, StreamsParts
from offhook.system import SystemClock, TimeSortedIds, collect_seldom

log = logs.get("offhook")

# Of the time that a stop may take, this much is for closing the doors and the journal.
CLOSING = 5.0
# And so much for the alarms' last look, seconds.
WATCHED_ONCE_MORE = 2.0
SENDABLE = frozenset({ReplyState.KEPT, ReplyState.FAILED, ReplyState.EXPIRED, ReplyState.AMBIGUOUS})


def main() -> None:
    """The `offhook` command."""
    build(Program())()


class Program:
    """What the command line can ask for (`cli.assembly.Assembly`)."""

    async def serve(self, settings: Settings, announce: Callable[[ServeInfo], None]) -> None:
        """Run until SIGINT or SIGTERM. Raises OffhookError when it cannot start."""
        check_startable(settings)
        check_callable(settings.endpoints)
        house = House(settings)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        logs.hold(lambda write: loop.call_later(logs.DELAY, write))
        await house.start()
        collect_seldom()
        try:
            announce(house.where())
            await house.work(stop)
        finally:
            await house.stop()
            logs.hold(None)

    def journal(self, settings: Settings) -> Journal:
        """The durable store, not yet opened."""
        return open_journal(settings, derive(settings, providers(settings)), SystemClock())

    def transport(self, settings: Settings) -> HttpTransport:
        """The one door to the network."""
        return open_transport(settings, SystemClock())

    def provider(self, settings: Settings) -> Twilio:
        """Twilio, with the settings' tokens."""
        return twilio(settings)

    def doctor_tools(self, settings: Settings) -> DoctorTools:
        """What the doctor works with."""
        return doctor_tools(settings)

    def stream_desk(self, settings: Settings, journal: Journal, transport: Transport) -> StreamDesk:
        """Sinks and subscriptions of a journal that no server has open: nothing goes to them meanwhile."""
        having = stream_tools(settings, transport, SystemClock(), TimeSortedIds())
        return open_desk(settings, journal, having, NobodyCarries())

    def replay(self, settings: Settings, folder: Path) -> AsyncIterator[Compared]:
        """Send recorded texts to the settings' app again."""
        return run_replay(settings, folder)

    async def dev(
        self, settings: Settings, announce: Callable[[DevInfo], None], options: DevOptions, beside: Beside | None = None
    ) -> None:
        """Be Twilio until SIGINT or SIGTERM, or until what runs beside it ends. Raises OffhookError when it cannot start."""
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await run_dev(settings, stop, announce, DevPlan(options, House, beside))


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
        self.allowed_hosts: Sequence[str] = allowed_hosts(settings)
        self.doctor = configured_practice(settings)
        every = providers(settings)
        provider = every[Twilio.name]
        self.journal = open_journal(settings, derive(settings, every), self.clock)
        self.alarms = open_alarm_desk(self.journal, self.clock, self._ids, settings.account_sid)
        self._transport = open_transport(settings, self.clock)
        # Replies are not repeatable, so their connections are never ones that the other side may just have closed.
        self._reply_transport = open_transport(settings, self.clock, pool_size=0)
        rounds = RoundParts(
            transport=around.door(self._transport, self.clock),
            sign=provider.sign,
            judge=self._judge,
            clock=self.clock,
            ids=self._ids,
            redirects=RedirectRules(
                carry_parameters=settings.redirect_parameters == "all",
                preserve_307=settings.redirect_307 == "preserve",
            ),
        )
        self._rest = self._open_rest()
        self._sender, desk = self._replies(rounds)
        having = stream_tools(settings, self._transport, self.clock, self._ids)
        self._streams = self._pumps(having)
        self.streams = open_desk(settings, self.journal, having, self._streams)
        by_name = {endpoint.name: endpoint for endpoint in settings.endpoints}
        told = [endpoint.name for endpoint in settings.endpoints if endpoint.provider == TwilioDebugger.name]
        parts = Parts(
            journal=self.journal,
            rounds=RoundRunner(rounds),
            replies=desk,
            derive=provider.derive,
            debugger=around.events(self._ids),
            clock=self.clock,
            chance=random.random,
            metrics=self.metrics,
        )
        self._courier = Courier({name: endpoint for name, endpoint in by_name.items() if name not in told}, parts)
        self._recorder = Recorder(
            told,
            RecorderParts(journal=self.journal, derive=every[TwilioDebugger.name].derive, clock=self.clock, metrics=self.metrics),
        )
        self._handover = Handover(self._courier, dict.fromkeys(told, self._recorder))
        self._desk = Desk(
            by_name,
            DeskParts(
                providers=every,
                journal=self.journal,
                deliveries=self._handover,
                clock=self.clock,
                ids=self._ids,
                metrics=self.metrics,
            ),
        )
        self._intake = Listener(
            self._desk, host=settings.host, port=settings.port, tls=tls_files(settings), limits=intake_limits(settings)
        )
        self._watcher = Watcher(
            WatcherParts(
                book=self.alarms.book,
                journal=self.journal,
                clock=self.clock,
                ids=self._ids,
                metrics=self.metrics,
                breakers=self._courier.breakers,
            )
        )
        self._outbox = open_outbox(
            settings,
            AlarmMeans(self.journal, self.clock, self._ids, self._transport, self._rest, provider.sign),
        )
        self.alarms.book.follow(told=self._outbox.wake)
        self.sessions = Sessions(self.clock.now)
        self.history = History(self.metrics, self.journal, self.clock)
        self.live = Live(self.journal)
        self.once = OneOff(rounds)
        self._trial = Trial(settings, provider, self._transport, lambda: self._intake.port)
        self._console_key = ConsoleKey(settings.database)
        always = settings.console_login == "always" or not is_loopback(settings.console_host)
        login = Login(self.sessions, always, Callers(settings, self._console_key))
        self._console = ConsoleServer(create_console(self, login), settings.console_host, settings.console_port)
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

    def _judge(self, *about: Any) -> Any:
        return classify.judge(*about, status_code=self.settings.twilio_code_for_status)

    def _open_rest(self) -> TwilioRest:
        settings = self.settings
        return TwilioRest(
            self._reply_transport,
            lambda account_sid: credentials(settings, account_sid),
            judge=self._judge,
            clock=self.clock,
            base_url=settings.twilio_api_url,
        )

    def _replies(self, rounds: RoundParts) -> tuple[ReplySender, ReplyDesk]:
        settings = self.settings
        sender = ReplySender(
            SenderParts(
                journal=self.journal, rest=self._rest, clock=self.clock, ids=self._ids, chance=random.random, metrics=self.metrics
            )
        )
        composer = Composer(
            Documents(rounds),
            {endpoint.name: endpoint for endpoint in settings.endpoints},
            may_send=self._rest.may_send,
            clock=self.clock,
            ids=self._ids,
        )
        return sender, ReplyDesk(composer, sender.wake, self.metrics)

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


def stream_tools(settings: Settings, transport: Transport, clock: Clock, ids: Ids) -> Tools:
    """What sinks are made with: the house's own means, and the account's signature."""
    provider = twilio(settings)

    def sign(url: str) -> str | None:
        _, headers = provider.sign(url, b"", "", settings.account_sid or "")
        return headers[0][1] if headers else None

    return tools(settings.database, KINDS, Means(transport, clock, ids, sign))


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
