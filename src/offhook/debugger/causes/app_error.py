"""The app failed, and its error page names the exception."""

import html
import re
from typing import NamedTuple

from offhook.debugger.case import Case
from offhook.debugger.secrets import masked
from offhook.records import Cause, Confidence


class Page(NamedTuple):
    """One kind of error page: how it is told, where it names the exception, and where the line."""

    framework: str
    mark: re.Pattern[str]
    error: re.Pattern[str]
    place: re.Pattern[str]


_PYTHON_PLACE = re.compile(r'File "([^"]+)", line (\d+)')
_PYTHON_ERROR = re.compile(
    r"(?m)^((?:[A-Za-z_][\w.]*\.)?[A-Z]\w*(?:Error|Exception|Warning|Exit|Interrupt|NotFound|DoesNotExist)\b[^\n]{0,300})"
)
_JS_PLACE = re.compile(r"\bat (?:[^\n(<]{0,80}\()?((?:file://)?/?[^\s():<>]{1,200}):(\d{1,7}):\d")
PAGES = (
    Page(
        "Flask's debugger (Werkzeug)",
        re.compile(r"// Werkzeug Debugger"),
        re.compile(r"<title>\s*(.+?)\s*// Werkzeug Debugger", re.DOTALL),
        _PYTHON_PLACE,
    ),
    Page(
        "Django's debug page",
        re.compile(r"DEBUG = True|<title>[^<]+ at /|Exception Type:"),
        re.compile(r"<title>\s*(.+?)\s*</title>|Exception Type:\s*([^\n<]+)", re.DOTALL),
        re.compile(r"Exception Location:\s*(?:</th>\s*<td>)?(?:<span[^>]*>)?\s*([^,<\n]+), line (\d+)|" + _PYTHON_PLACE.pattern),
    ),
    Page(
        "Rails",
        re.compile(r"Rails\.root|Action Controller: Exception caught|ActionController::|app/controllers/"),
        re.compile(r"<h1>\s*([A-Z][\w:]+\s+in\s+[^<]+?)\s*</h1>|([A-Z]\w*(?:::\w+)*(?:Error|Exception)[^\n<]{0,200})"),
        re.compile(r"((?:app|lib|config)/[\w/.-]+\.rb):(\d+)"),
    ),
    Page(
        "PHP",
        re.compile(
            r"(?i)(?:fatal error|parse error|uncaught \w*(?:error|exception))\b.{0,300}? on line|stack trace:\s*#0", re.DOTALL
        ),
        re.compile(r"(?i)(?:<b>)?((?:PHP )?(?:fatal error|parse error)(?:</b>)?:\s*.{1,300}?)\s+in\s", re.DOTALL),
        re.compile(r"in\s+(?:<b>)?(/[^\s<:]+)(?:</b>)?(?:\s+on line\s+(?:<b>)?|:)(\d+)"),
    ),
    Page(
        "Node.js",
        re.compile(r"(?:<br>|\\n|\n)\s*(?:&nbsp;\s*)*at\s"),
        re.compile(r"((?:[A-Z]\w*)?Error(?: \[[A-Z_]+\])?:\s*.+?)(?:<br>|\\n|\n)"),
        _JS_PLACE,
    ),
    Page("Python", re.compile(r"Traceback \(most recent call last\)"), _PYTHON_ERROR, _PYTHON_PLACE),
    Page(
        "Java",
        re.compile(r"\n\s*at [\w$.]+\([\w$]+\.(?:java|kt):\d+\)"),
        re.compile(r"((?:[a-z]\w*\.)+[A-Z]\w*(?:Exception|Error)[^\n]{0,300})"),
        re.compile(r"\(([\w$]+\.(?:java|kt)):(\d+)\)"),
    ),
    Page(
        "ASP.NET",
        re.compile(r"Server Error in '[^'\n]{0,100}' Application|\) in [^\n:]{1,200}:(?:[^\n:]{1,200}:)?line \d"),
        re.compile(r"(System\.\w+(?:\.\w+)*Exception[^\n<]{0,200})|<h2>\s*<i>\s*(.+?)\s*</i>"),
        re.compile(r" in ([^\n]{1,200}?):line (\d+)"),
    ),
    Page(
        "Go",
        re.compile(r"\bgoroutine \d+ \["),
        re.compile(r"(panic: [^\n]{1,300}|http: panic serving[^\n]{1,300})"),
        re.compile(r"\n\s*(/[^\s:]+\.go):(\d+)"),
    ),
)
# Files of the framework's own, which a developer has not written.
_FOREIGN = re.compile(
    r"site-packages|dist-packages|node_modules|node:internal|/usr/lib|/lib/python|<frozen|/gems/|/vendor/|/usr/local/go/"
)


def cause(case: Case) -> Cause | None:
    """The app failed, and its error page names the exception."""
    if not case.status or not case.body:
        return None
    text = case.text
    for page in PAGES:
        if page.mark.search(text):
            error = _first(page.error.search(html.unescape(text)))
            if error:
                return _cause(case, page, error, _place(page, html.unescape(text)))
    return None


def _first(found: "re.Match[str] | None") -> str:
    words = next((group for group in found.groups() if group), "") if found else ""
    return masked(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", words[:4000])).strip())[:200]


def _place(page: Page, text: str) -> str:
    """The innermost line of the app's own; else the innermost of all."""
    plain = re.sub(r"</?(?:cite|em|code|span|b|i)\b[^>]*>", "", text)
    found = [tuple(group for group in match.groups() if group) for match in page.place.finditer(plain)]
    places = [(path, line) for path, line in (pair for pair in found if len(pair) == 2)]
    own = [pair for pair in places if not _FOREIGN.search(pair[0])]
    if not places:
        return ""
    innermost_last = page.place is _PYTHON_PLACE or page.framework.startswith("Django")
    path, line = (own or places)[-1 if innermost_last else 0]
    return f"{path}, line {line}"


def _cause(case: Case, page: Page, error: str, place: str) -> Cause:
    own = "" if _FOREIGN.search(place) else place
    return Cause(
        name="app.exception",
        title=f"The app failed: {error}{f' ({place})' if place else ''}.",
        confidence=Confidence.CERTAIN,
        evidence=(f"status {case.status}", f"an error page of {page.framework}", *([f"it points at {place}"] if place else [])),
        steps=(
            f"Mend {own or 'the line of your own that the app log names'}, and have the message delivered again.",
            "Switch the debug mode off where strangers can reach the app: the page shows them its code and settings.",
        ),
    )
