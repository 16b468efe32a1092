"""Twilio's connection overrides: what the `#fragment` of a webhook URL asks for (spec: twilio-delivery §1). Pure."""

from typing import Any
from urllib.parse import unquote

from offhook.records import Limits, Record

POLICIES = frozenset({"4xx", "5xx", "ct", "rt"})
EDGES = frozenset({"ashburn", "dublin", "frankfurt", "sao-paulo", "singapore", "sydney", "tokyo", "umatilla"})
INTERCONNECT_EDGES = frozenset({"ashburn-ix", "frankfurt-ix", "london-ix", "san-jose-ix", "singapore-ix"})
# Twilio knows these as places, but its webhooks page does not offer them.
UNSUPPORTED_EDGES = frozenset({"roaming", "us1", "us2", "ie1", "de1", "au1", "br1", "jp1", "sg1"})

# key: (least, most, default), milliseconds except rc
RANGES = {"ct": (100, 10_000, 5_000), "rt": (100, 15_000, 15_000), "tt": (100, 15_000, 15_000), "rc": (0, 5, 1)}


class OverrideProblem(Record):
    """One thing in a fragment that Twilio would not take. `code` is what Twilio would log (0: it has none); `used` is what holds instead."""

    code: int
    key: str
    value: str
    message: str
    used: str


class Overrides(Record):
    """How one URL is to be called. Times in milliseconds; `retries` counts the tries after the first."""

    connect_ms: int = 5_000
    read_ms: int = 15_000
    total_ms: int = 15_000
    retries: int = 1
    policies: frozenset[str] = frozenset({"ct"})
    server_name: bool = True
    edges: tuple[str, ...] = ("ashburn",)
    problems: tuple[OverrideProblem, ...] = ()

    def limits(self, remaining: float, *, verify_tls: bool) -> Limits:
        """The deadlines of one exchange when `remaining` seconds of the total are left: whichever ends first names the failure."""
        return Limits(
            connect=self.connect_ms / 1000,
            read=self.read_ms / 1000,
            total=remaining,
            server_name=self.server_name,
            verify_tls=verify_tls,
        )


def parse(fragment: str) -> Overrides:
    """The overrides that a fragment (without `#`) asks for. What is wrong is replaced by the nearest limit or the default, and named."""
    fields: dict[str, Any] = {}
    problems: list[OverrideProblem] = []
    for part in filter(None, fragment.split("&")):
        key, _, value = part.partition("=")
        key, value = unquote(key), unquote(value)
        _take(key, value, fields, problems)
    return Overrides(**fields, problems=tuple(problems))


def _take(key: str, value: str, fields: dict[str, Any], problems: list[OverrideProblem]) -> None:
    if key in RANGES:
        name = {"ct": "connect_ms", "rt": "read_ms", "tt": "total_ms", "rc": "retries"}[key]
        fields[name] = _number(key, value, problems)
    elif key == "rp":
        fields["policies"] = _policies(value, problems)
    elif key == "sni":
        if value not in {"y", "n"}:
            problems.append(_problem(0, key, value, "sni is y or n", "y"))
        fields["server_name"] = value != "n"
    elif key == "e":
        fields["edges"] = _edges(value, problems)
    else:
        problems.append(_problem(0, key, value, "not a connection override: ct, rt, tt, rc, rp, sni and e are", "nothing"))


def _number(key: str, value: str, problems: list[OverrideProblem]) -> int:
    least, most, default = RANGES[key]
    unit = "" if key == "rc" else " ms"
    if not value.isascii() or not value.isdigit():
        problems.append(_problem(0, key, value, f"{key} is a whole number, {least} to {most}{unit}", f"{default}{unit}"))
        return default
    number = min(max(int(value[:9]), least), most)
    if number != int(value[:9]):
        problems.append(_problem(0, key, value, f"{key} is {least} to {most}{unit}", f"{number}{unit}"))
    return number


def _policies(value: str, problems: list[OverrideProblem]) -> frozenset[str]:
    named = [policy.strip() for policy in value.split(",") if policy.strip()]
    if "all" in named:
        named += POLICIES
    wrong = [policy for policy in named if policy not in POLICIES and policy != "all"]
    chosen = frozenset(named) & POLICIES or frozenset({"ct"})
    if wrong or not named:
        message = "rp is a list of 4xx, 5xx, ct, rt, or all"
        problems.append(_problem(11243, "rp", value, message, ",".join(sorted(chosen))))
    return chosen


def _edges(value: str, problems: list[OverrideProblem]) -> tuple[str, ...]:
    named = [edge.strip() for edge in value.split(",") if edge.strip()]
    chosen = tuple(edge for edge in named if edge in EDGES) or ("ashburn",)
    used = ",".join(chosen)
    for edge in named:
        if edge in INTERCONNECT_EDGES:
            problems.append(_problem(11242, "e", edge, "an -ix edge needs Twilio Interconnect on the account", used))
        elif edge in UNSUPPORTED_EDGES:
            problems.append(_problem(11241, "e", edge, "that place exists, but webhooks do not leave from it", used))
        elif edge not in EDGES:
            problems.append(_problem(11240, "e", edge, "not an edge: " + ", ".join(sorted(EDGES)) + " are", used))
    if not named:
        problems.append(_problem(11240, "e", value, "e names at least one edge", used))
    return chosen


def _problem(code: int, key: str, value: str, message: str, used: str) -> OverrideProblem:
    return OverrideProblem(code=code, key=key, value=value, message=message, used=used)
