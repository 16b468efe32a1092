"""What the doctor's report looks like in JSON, as types: the published schema and the OpenAPI document are made from them."""

from typing import Annotated, Any, TypedDict

from msgspec import Meta

from offhook.doctor.findings import Verdict
from offhook.doctor.question import Product


class DoctorPlot(TypedDict):
    """A small series: one value a try, in order; null is a try that was lost."""

    title: Annotated[str, Meta(description="What was measured.")]
    values: Annotated[list[float | None], Meta(description="One value a try, in order; null is a try that was lost.")]
    unit: Annotated[str, Meta(description="The unit of the values, mostly ms.")]


class DoctorFinding(TypedDict):
    """What one check says. A check may say several things, each in a finding of its own."""

    check: Annotated[str, Meta(description="The name of the check, such as tls.")]
    asks: Annotated[str, Meta(description="What the check asks, as a question.")]
    verdict: Annotated[Verdict, Meta(description="What it came to.")]
    title: Annotated[str, Meta(description="The finding in one sentence.")]
    evidence: Annotated[list[str], Meta(description="What speaks for it.")]
    fix: Annotated[list[str], Meta(description="What to do, the first step first.")]
    codes: Annotated[list[int], Meta(description="Twilio's error codes that it explains.")]
    cause: Annotated[
        str, Meta(description="The stable name of the diagnosis, such as tls.expired; empty where the title is all.")
    ]
    plots: Annotated[list[DoctorPlot], Meta(description="Series to be drawn.")]
    figures: Annotated[
        dict[str, Any], Meta(description="What was measured, for programs; which figures there are is up to the check.")
    ]


class DoctorMessage(TypedDict):
    """A message that the sender of the text would receive."""

    body: Annotated[str, Meta(description="Its text.")]
    media: Annotated[list[str], Meta(description="The URLs of its media.")]


class DoctorReport(TypedDict):
    """All that the doctor found about a webhook URL."""

    url: Annotated[str, Meta(description="The URL, without credentials and fragment.")]
    product: Annotated[Product, Meta(description="What Twilio would be telling the app.")]
    verdict: Annotated[Verdict, Meta(description="The worst verdict of the findings; could-not-tell where there are none.")]
    signed: Annotated[bool, Meta(description="Whether there was an auth token to sign the requests with.")]
    started_at: Annotated[str, Meta(description="When it began: ISO 8601, UTC.")]
    seconds: Annotated[float, Meta(description="How long it took, in seconds.", ge=0)]
    requests: Annotated[int, Meta(description="How many HTTP requests were sent.", ge=0)]
    interrupted: Annotated[bool, Meta(description="Whether it was stopped before its end: then this is what was known by then.")]
    findings: Annotated[
        list[DoctorFinding], Meta(description="The findings, the worst first; among equals in the order of the checks.")
    ]
    steps: Annotated[list[str], Meta(description="What to do, in order, each step once.")]
    messages: Annotated[
        list[DoctorMessage] | None,
        Meta(description="What the sender of the text would receive; null where no answer could be read."),
    ]
