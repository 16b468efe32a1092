"""What a machine asks: which endpoints there are, whether Offhook lives, whether it works, what it has counted."""

from starlette.responses import Response

from offhook import __version__
from offhook.api.house import House
from offhook.api.operation import Call, json_answer
from offhook.api.problems import body_of
from offhook.api.shapes import counts_shape, endpoint_shape
from offhook.errors import JournalError
from offhook.metrics import CONTENT_TYPE, GaugeValues
from offhook.records import State


async def list_endpoints(house: House, _: Call) -> Response:
    """The endpoints and how many webhooks of each are in which state."""
    counts = await house.journal.counts()
    configured = {endpoint.name for endpoint in house.endpoints}
    return json_answer(
        {
            "endpoints": [endpoint_shape(endpoint, counts.get(endpoint.name, {})) for endpoint in house.endpoints],
            "former": [
                {"name": name, "counts": counts_shape(states)}
                for name, states in sorted(counts.items())
                if name not in configured
            ],
        }
    )


async def get_health(_: House, __: Call) -> Response:
    """Always 200: whoever answers is alive."""
    return json_answer({"alive": True, "version": __version__})


async def get_readiness(house: House, _: Call) -> Response:
    """200 when Offhook can store and deliver, else 503 with the reasons."""
    checks = dict(house.ready())
    troubles = [trouble for trouble in checks.values() if trouble]
    if not troubles:
        return json_answer({"ready": True, "checks": checks})
    return json_answer({**body_of(20503, " ".join(troubles)), "ready": False, "checks": checks}, 503)


async def get_metrics(house: House, _: Call) -> Response:
    """The metrics, as Prometheus reads them. A journal that cannot be read leaves its gauge out."""
    snapshot: dict[str, GaugeValues] = {
        "offhook_ready": {(part,): 0 if trouble else 1 for part, trouble in house.ready().items()},
        "offhook_build_info": {(__version__,): 1},
    }
    try:
        counts = await house.journal.counts()
    except JournalError:
        pass
    else:
        snapshot["offhook_webhooks"] = {(name, state): states.get(state, 0) for name, states in counts.items() for state in State}
    return Response(house.metrics.render(snapshot), media_type=CONTENT_TYPE)
