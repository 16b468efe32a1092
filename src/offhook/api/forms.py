"""Parameters in a form, as Twilio's SDKs send them."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from offhook.api.fields import Field, read_fields
from offhook.api.problems import Problem

FORM: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 1000


async def read_form(request: Request, fields: Sequence[Field]) -> dict[str, Any]:
    """The parameters in a request's form. Raises Problem: 20001, 20415, or the code of the field that is not acceptable."""
    body = await request.body()
    if not body:
        return {}
    media_type = request.headers.get("content-type", FORM).partition(";")[0].strip().casefold()
    if media_type != FORM:
        raise Problem(20415, f"Send parameters as {FORM}.")
    try:
        given = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise Problem(20001, f"The body must be a form of up to {MOST_FIELDS} fields in UTF-8.") from None
    return read_fields(fields, given)
