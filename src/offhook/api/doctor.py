"""The doctor, for the console: one examination a request, under the address rules."""

import asyncio
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from offhook.api.doctor_shapes import report_shape
from offhook.api.fields import Field, one_of
from offhook.api.house import House
from offhook.api.operation import Call, json_answer
from offhook.api.problems import Problem
from offhook.doctor.cases import BusyError
from offhook.doctor.practice import AT_ONCE, MOST_SAMPLES, refusal
from offhook.doctor.question import Product

LONGEST_URL: Final = 2000
RETRY_AFTER: Final = 10


def read_url(text: str) -> str:
    """An absolute http(s) URL."""
    if len(text) > LONGEST_URL or not _is_absolute(text):
        raise ValueError(f"an absolute http(s) URL of up to {LONGEST_URL} characters, such as https://my-app.example/sms")
    return text


def _is_absolute(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return text.isprintable() and parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def read_samples(text: str) -> int:
    """How many samples are taken."""
    if not (text.isascii() and text.isdecimal() and int(text[:5]) <= MOST_SAMPLES):
        raise ValueError(f"a whole number from 0 to {MOST_SAMPLES}")
    return int(text)


DOCTOR_QUESTION: Final = (
    Field(
        "url",
        "The webhook URL to examine; one of a private address is refused.",
        {"type": "string", "format": "uri", "maxLength": LONGEST_URL},
        read_url,
    ),
    Field(
        "product",
        "What Twilio would be sending.",
        {"type": "string", "enum": [each.value for each in Product], "default": Product.SMS.value},
        one_of(Product),
    ),
    Field(
        "samples",
        "How many requests look for what fails now and then.",
        {"type": "integer", "minimum": 0, "maximum": MOST_SAMPLES, "default": MOST_SAMPLES},
        read_samples,
    ),
)


async def examine_url(house: House, call: Call) -> Response:
    """The doctor's report on a URL. It ends with the client: whoever goes away is not asked for any more."""
    url = call.values.get("url")
    if url is None:
        raise Problem(20001, "Give the parameter 'url': the webhook URL to examine.")
    if refused := refusal(url):
        raise Problem(
            20001,
            f"Parameter 'url' must not lead to a private address, and {refused}. On this machine, offhook doctor does that.",
        )
    product, samples = Product(call.values.get("product", Product.SMS)), call.values.get("samples", MOST_SAMPLES)
    work = asyncio.create_task(house.doctor.examine(url, product, samples), name="doctor")
    gone = asyncio.create_task(call.gone(), name="doctor-client")
    try:
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise ClientDisconnect
        return json_answer(report_shape(work.result()))
    except BusyError:
        raise Problem(
            20429,
            f"{AT_ONCE} examinations are under way; ask again when one has ended.",
            headers={"retry-after": str(RETRY_AFTER)},
        ) from None
    finally:
        for task in (work, gone):
            task.cancel()
        await asyncio.gather(work, gone, return_exceptions=True)
