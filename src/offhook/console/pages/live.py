"""The stream by which open pages hear that something has happened."""

from starlette.responses import PlainTextResponse, Response, StreamingResponse

from offhook.console.doorway import PageRoute
from offhook.console.live import RETRY_MS
from offhook.console.visit import Visit


async def listen(visit: Visit) -> Response:
    """Server-sent events, for as long as the page is open."""
    live = visit.house.live
    if live.is_full:
        # With another status than 200 a browser does not try again by itself: the script does, later.
        return PlainTextResponse("There are too many open pages.", 503, headers={"retry-after": str(RETRY_MS // 1000)})
    return StreamingResponse(live.stream(), media_type="text/event-stream")


ROUTES = (PageRoute("GET", "/live", listen),)
