"""Chaos over HTTP: the API that programs set it by, and the panel for people, which needs no script."""

from typing import Any, Final
from urllib.parse import parse_qs

import msgspec
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from offhook.api.operation import json_answer
from offhook.api.problems import Problem
from offhook.console.html import Markup, document, table, tag, tight
from offhook.dev.house import DevHouse
from offhook.dev.phone_pages import DEV_LOOK
from offhook.errors import SettingsError
from offhook.simulator.chaos import DELAY, KINDS, LONGEST_DELAY, Chaos, ChaosKind, Rule, kind_of, number_of, parse

MOST_RULES: Final = 100


class _Rule(msgspec.Struct, forbid_unknown_fields=True):
    kind: str
    rate: float = 1.0
    numbers: list[str] = []
    seconds: float = DELAY


class _Wanted(msgspec.Struct, forbid_unknown_fields=True):
    rules: list[_Rule] | str
    seed: int = 0


def chaos_routes(house: DevHouse) -> list[Route]:
    """The panel `/chaos` and the API `/api/chaos`."""
    chaos = house.chaos

    async def show(_: Request) -> Response:
        return json_answer(chaos_shape(chaos))

    async def put(request: Request) -> Response:
        wanted = await _wanted(request)
        try:
            chaos.set(_rules(wanted), wanted.seed)
        except SettingsError as error:
            raise Problem(20001, str(error)) from error
        return json_answer(chaos_shape(chaos))

    async def page(_: Request) -> Response:
        return Response(chaos_page(chaos), media_type="text/html")

    async def change(request: Request) -> Response:
        given = {name: values[-1].strip() for name, values in parse_qs((await request.body()).decode()).items()}
        try:
            chaos.set(_from_form(given, chaos), _seed(given.get("seed", "0")))
        except SettingsError as error:
            return Response(chaos_page(chaos, str(error)), 400, media_type="text/html")
        return RedirectResponse("/chaos", 303)

    return [
        Route("/api/chaos", show),
        Route("/api/chaos", put, methods=["PUT"]),
        Route("/chaos", page),
        Route("/chaos", change, methods=["POST"]),
    ]


def chaos_shape(chaos: Chaos) -> dict[str, Any]:
    """The chaos as JSON: its rules, how often each kind has struck, and what kinds there are."""
    return {
        "seed": chaos.seed,
        "rules": [
            {"kind": rule.kind, "rate": rule.rate, "numbers": list(rule.numbers)}
            | ({"seconds": rule.seconds} if rule.kind is ChaosKind.DELAY else {})
            for rule in chaos.rules
        ],
        "struck": {kind.value: chaos.struck[kind] for kind in KINDS if chaos.struck[kind]},
        "kinds": [{"kind": kind, "meaning": meaning.what, "app_is_asked": meaning.asked} for kind, meaning in KINDS.items()],
    }


def chaos_page(chaos: Chaos, trouble: str = "") -> bytes:
    """The panel: a rate for each kind, whom it is for, the seed. Pure."""
    rules = {rule.kind: rule for rule in chaos.rules}
    rows = [
        (
            tag("th", tag("label", kind, for_=kind), scope="row"),
            tight(_input(kind, _percent(rules.get(kind))), " %"),
            meaning.what.replace("`", ""),
            tight(str(chaos.struck[kind])),
        )
        for kind, meaning in KINDS.items()
    ]
    numbers = next((" ".join(rule.numbers) for rule in chaos.rules if rule.numbers), "")
    return document(
        "Chaos · Offhook",
        tag("h1", "Chaos"),
        tag(
            "p",
            "What goes wrong between the carrier and your app. The same seed and the same texts in the same order give the same run.",
            class_="quiet",
        ),
        tag("p", trouble, class_="trouble", role="alert") if trouble else "",
        tag(
            "form",
            table(("kind", "of all messages", "what happens", "so far"), rows),
            tag(
                "p",
                tag("label", "Only for these numbers (all, where empty) ", for_="numbers"),
                _input("numbers", numbers, size="40"),
            ),
            tag("p", tag("label", "Seed ", for_="seed"), _input("seed", str(chaos.seed), size="8")),
            tag("button", "Set, and begin the run", type="submit"),
            method="post",
            action="/chaos",
        ),
        look=DEV_LOOK,
    )


def _input(name: str, value: str, size: str = "5") -> Markup:
    """A field of the form: an element without an end."""
    made = tag("input", id=name, name_=name, value=value, size=size, autocomplete="off")
    return Markup(str(made).removesuffix("</input>"))


def _percent(rule: Rule | None) -> str:
    return f"{rule.rate * 100:g}" if rule is not None else ""


def _from_form(given: dict[str, str], chaos: Chaos) -> tuple[Rule, ...]:
    """The rules of the panel's fields; how long a delay takes, which has none, stays as it is. Raises SettingsError."""
    seconds = next((rule.seconds for rule in chaos.rules if rule.kind is ChaosKind.DELAY), DELAY)
    numbers = tuple(given.get("numbers", "").replace(",", " ").split())
    written = (f"{kind}={given[kind].removesuffix('%').strip()}%" for kind in KINDS if given.get(kind))
    return tuple(replace(rule, seconds=seconds) for rule in parse(",".join(written), numbers) if rule.rate)


def _seed(written: str) -> int:
    try:
        return int(written)
    except ValueError:
        raise SettingsError(f"chaos: the seed is a whole number, not {written[:40]!r}.") from None


async def _wanted(request: Request) -> _Wanted:
    try:
        return msgspec.json.decode(await request.body(), type=_Wanted)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(
            20001, f"The body must be like {{'seed': 7, 'rules': [{{'kind': 'refused', 'rate': 0.1}}]}}: {error}"
        ) from None


def _rules(wanted: _Wanted) -> tuple[Rule, ...]:
    """The rules as asked for: a list, or a text as the flag has it. Raises SettingsError."""
    if isinstance(wanted.rules, str):
        return parse(wanted.rules)
    if len(wanted.rules) > MOST_RULES:
        raise SettingsError(f"chaos: {MOST_RULES} rules are the most.")
    return tuple(_rule(each) for each in wanted.rules)


def _rule(asked: _Rule) -> Rule:
    if not 0 <= asked.rate <= 1:
        raise SettingsError(f"chaos: {asked.rate:g} is no rate: give one from 0 to 1.")
    if not 0 <= asked.seconds <= LONGEST_DELAY:
        raise SettingsError(f"chaos: a delay is {LONGEST_DELAY:g} s at most.")
    return Rule(kind=kind_of(asked.kind), rate=asked.rate, numbers=tuple(map(number_of, asked.numbers)), seconds=asked.seconds)
