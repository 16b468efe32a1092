"""The media of messages: what there is, and the bytes themselves."""

import msgspec
from starlette.responses import RedirectResponse, Response

from offhook.api.account.asked import Asked
from offhook.api.account.message_shapes import content_type, media_shape
from offhook.api.account.messages import message_of
from offhook.api.account.paging import Listing, cut
from offhook.api.account.problems import Refused
from offhook.api.operation import json_answer
from offhook.net.urls import is_url
from offhook.simulator.records import Media

_SHOWN = ("image/", "audio/", "video/")


def list_media(asked: Asked) -> Response:
    """What media a message has."""
    message, listing = message_of(asked), Listing[Media](asked, "media_list")
    return listing.by_uris(cut(message.media, listing.page), lambda media: media_shape(message, media))


def fetch_media(asked: Asked) -> Response:
    """One of a message's media."""
    return json_answer(media_shape(message_of(asked), _media_of(asked)))


def delete_media(asked: Asked) -> Response:
    """Forget one of a message's media."""
    message, gone = message_of(asked), _media_of(asked)
    left = tuple(media for media in message.media if media.sid != gone.sid)
    asked.desk.book.keep(msgspec.structs.replace(message, media=left, updated_at=asked.desk.clock.now()))
    return Response(status_code=204)


def fetch_bytes(asked: Asked) -> Response:
    """The medium itself: its bytes where they are kept here, else the way to where they are."""
    media = _media_of(asked)
    if not media.data and is_url(media.url):
        return RedirectResponse(media.url, 307)
    kind = content_type(media)
    # What a browser might run is offered for download only.
    shown = kind.startswith(_SHOWN) and not kind.startswith("image/svg")
    return Response(media.data, media_type=kind, headers={"Content-Disposition": "inline" if shown else "attachment"})


def _media_of(asked: Asked) -> Media:
    found = next((media for media in message_of(asked).media if media.sid == asked.ids["media"]), None)
    if found is None:
        raise Refused(20404, f"The message has no media {asked.ids['media'][:50]}.")
    return found
