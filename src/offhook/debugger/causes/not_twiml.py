"""The answer is text, JSON or a page where TwiML belongs."""

from offhook.debugger.case import Case
from offhook.debugger.causes.content_type import sniffed
from offhook.debugger.secrets import masked
from offhook.records import Cause, Confidence

# What frameworks and habits answer where nothing was meant to be said.
SMALL_TALK = frozenset(
    {"ok", "okay", "success", "accepted", "created", "true", "received", "done", "yes", "1", "null", "none", "thanks"}
)
STEPS = (
    "To say nothing, answer `<Response/>` as text/xml (Express: not `res.sendStatus(200)`, which sends the word OK).",
    "To say something, answer TwiML: `<Response><Message>…</Message></Response>`.",
)


def cause(case: Case) -> Cause | None:
    """The answer is text, JSON or a page where TwiML belongs."""
    if not 200 <= case.status < 300 or case.failure is not None or not case.body.strip():
        return None
    media_type = case.header("content-type").partition(";")[0].strip().lower()
    words = masked(" ".join(case.text[:4000].split()))[:60]
    if media_type == "text/plain":
        return _spoken(words, case) if words.lower().strip(".!\"' ") in SMALL_TALK else None
    if media_type not in {"", "text/xml", "application/xml", "text/html"} and case.code != 12200:
        return None
    looks = sniffed(case.body)
    if looks in {"TwiML", "XML", "", "a binary file"} or (not media_type and case.code not in {12100, 12200}):
        return None
    name = {"JSON": "answer.json", "HTML": "answer.page"}.get(looks, "answer.text")
    what = {"JSON": "JSON", "HTML": "a web page"}.get(looks, f"the text {words!r}")
    return Cause(
        name=name,
        title=f"The app answered {what} where TwiML belongs: Twilio logs a warning or an error, and nobody gets a reply.",
        confidence=Confidence.LIKELY if looks == "HTML" else Confidence.CERTAIN,
        evidence=(f"Content-Type: {case.header('content-type')[:80] or 'none'}", f"the body begins {words!r}"),
        steps=STEPS if looks != "HTML" else ("Check that the URL is the webhook's handler, not a page of the site.", *STEPS),
    )


def _spoken(words: str, case: Case) -> Cause:
    return Cause(
        name="answer.small-talk",
        title=f"The app answered the plain text {words!r}, and Twilio sends that to the person who wrote.",
        confidence=Confidence.CERTAIN,
        evidence=(f"Content-Type: {case.header('content-type')[:80]}", f"the body is {words!r}"),
        steps=STEPS,
    )
