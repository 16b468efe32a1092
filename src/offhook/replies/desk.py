"""The reply desk: what the courier knows of this room."""

from collections.abc import Callable

from offhook import logs
from offhook.metrics import Metrics
from offhook.records import Exchange, ReplyState, Webhook
from offhook.replies.compose import NOTHING, Composed, Composer

log = logs.get("replies")


class ReplyDesk:
    """Composes replies and tells the sender that there are some. A fault of ours in here never stops a delivery."""

    def __init__(self, composer: Composer, wake: Callable[[], None], metrics: Metrics) -> None:
        self._composer = composer
        self._wake = wake
        self._metrics = metrics

    def compose_inline(self, webhook: Webhook, exchange: Exchange) -> Composed:
        """The replies that an answer passed to the provider asked for, and what is wrong with it."""
        try:
            return self._counted(self._composer.compose_inline(webhook, exchange))
        except Exception:
            log.exception("reply.not_composed", webhook=webhook.id, inline=True)
            return NOTHING

    def compose_now(self, webhook: Webhook, exchange: Exchange) -> Composed | None:
        """The replies to send by REST, and what is wrong with the answer; None where others have to be fetched to know."""
        try:
            composed = self._composer.compose_now(webhook, exchange)
            return composed if composed is None or composed is NOTHING else self._counted(composed)
        except Exception:
            log.exception("reply.not_composed", webhook=webhook.id, inline=False)
            return NOTHING

    async def compose_late(self, webhook: Webhook, exchange: Exchange) -> Composed:
        """The replies to send by REST, and what is wrong with the answer."""
        try:
            return self._counted(await self._composer.compose_late(webhook, exchange))
        except Exception:
            log.exception("reply.not_composed", webhook=webhook.id, inline=False)
            return NOTHING

    def wake(self) -> None:
        """New replies are in the journal."""
        self._wake()

    def _counted(self, composed: Composed) -> Composed:
        for reply in composed.replies:
            if reply.state is not ReplyState.WAITING:
                self._metrics.reply(reply.state.value)
        return composed
