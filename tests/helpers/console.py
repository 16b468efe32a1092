"""What the proofs of the console in a real browser share: every page there is, and a browser's page of which nothing may be complained.

The pages are those of the route table. What stands for the parameters of their paths is found by what the console itself links to, so that a
page to which nothing leads is found out too.
"""

import re
from collections import deque
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from starlette.routing import compile_path

from offhook.console.routes import PAGES
from tests.helpers.browser import SHOTS

AXE = Path(__file__).parents[1] / "vendor" / "axe.min.js"
AXE_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
WIDTHS = (390, 1440)
SCHEMES = ("light", "dark")
SAME_KIND = 2
"""Pages of one route that are looked at: the first ones that are linked to."""
LINK = re.compile(r'<a [^>]*href="([^"]*)"')

# Told to the console, from where Playwright passes it on: it counts on every page, whatever the page before has been.
LISTEN = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} refused ${event.blockedURI || "inline"} at ${event.sourceFile}:${event.lineNumber}`));
"""

# What no page of ours has, whatever it shows: so if it is there, somebody's text has become markup.
FOREIGN = """
() => {
  const found = [];
  const say = (one, why) => found.push(`${why}: ${one.outerHTML.slice(0, 200)}`);
  for (const one of document.querySelectorAll("*")) {
    const name = one.localName;
    if (["iframe", "frame", "object", "embed", "base", "math", "marquee", "style", "plaintext", "xmp", "noscript", "template", "portal",
         "foreignobject", "animate", "set", "audio", "video", "bgsound", "applet"].includes(name)) say(one, "element");
    if (one instanceof HTMLUnknownElement) say(one, "unknown");
    if (name === "script" && !(String(one.src).startsWith(`${location.origin}/static/`) && !one.textContent)) say(one, "script");
    if (name === "link" && !String(one.href).startsWith(`${location.origin}/static/`)) say(one, "link");
    if (name === "meta" && one.httpEquiv) say(one, "meta");
    if (["img", "image", "use"].includes(name)) say(one, "picture");
    if (one.formAction && new URL(one.formAction, location).origin !== location.origin) say(one, "form");
    if (name === "form" && new URL(one.action, location).origin !== location.origin) say(one, "form");
    for (const { name: attribute, value } of one.attributes) {
      if (attribute.startsWith("on") || attribute === "style" && value || attribute === "srcdoc"
          || attribute.includes("hostile")) say(one, `attribute ${attribute}`);
      if (["href", "src", "action", "formaction", "xlink:href"].includes(attribute) && /^[\\s\\0-\\x1f]*(javascript|data|vbscript|file):/i.test(value))
        say(one, `attribute ${attribute}`);
    }
  }
  return found;
}
"""

RUN_AXE = """
(tags) => axe.run(document, { runOnly: tags, rules: { "target-size": { enabled: true } }, resultTypes: ["violations"] })
  .then((result) => result.violations)
"""

WIDE = """
() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const clipped = (one) => { for (let up = one.parentElement; up; up = up.parentElement) {
    if (up !== root && up !== document.body && getComputedStyle(up).overflowX !== "visible") return true; } return false; };
  return [`the page is ${root.scrollWidth} wide of ${root.clientWidth}`, ...[...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > root.clientWidth + 1 && !clipped(one))
    .slice(-3).map((one) => one.outerHTML.slice(0, 160))];
}
"""


def page_routes():
    """The paths of everything that can be looked at, in the order of the table."""
    return [each.path for each in PAGES if each.method == "GET"]


def route_of(path):
    """The route that a path is of, None for none. Fixed paths come before those with parameters."""
    for route in sorted(page_routes(), key=lambda each: each.count("{")):
        if compile_path(route)[0].match(path):
            return route
    return None


def answered(url, cookie=""):
    """(status, content type, body) of a page; of a stream that goes on, and of downloads, no body."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=20)
    try:
        connection.request("GET", url[len(f"{parts.scheme}://{parts.netloc}") :], headers={"cookie": cookie})
        answer = connection.getresponse()
        kind = answer.headers.get_content_type()
        return answer.status, kind, answer.read().decode() if kind == "text/html" else ""
    finally:
        connection.close()


class Walk:
    """All pages of a console that are reached from its first one, by their routes: at most so many of a route, without queries."""

    def __init__(self, base, cookie="", of_each=SAME_KIND):
        self.found = {route: [] for route in page_routes()}
        self.broken = []
        self._base, self._cookie, self._of_each = base, cookie, of_each
        self._follow(deque(["/", *(path for path in page_routes() if "{" not in path)]))
        self._follow(deque(self._beside()))

    def _beside(self):
        """What only a button leads to: further words after an id that has been found."""
        for route in self.unreached:
            head, _, tail = route.rpartition("}/")
            yield from (f"{path}/{tail}" for path in self.found.get(head + "}", ()))

    def _follow(self, todo):
        base, cookie, of_each, seen = self._base, self._cookie, self._of_each, set()
        while todo:
            path = todo.popleft()
            route = route_of(urlsplit(path).path)
            if path in seen or route not in self.found or len(self.found[route]) >= of_each:
                continue
            seen.add(path)
            status, kind, html = answered(base + path, cookie)
            if kind != "text/html" or (html and not html.startswith("<!doctype html>")):
                self._no_page(route)
                continue
            if status != 200:
                self.broken.append(f"{path}: {status}")
                continue
            self.found[route].append(path)
            todo.extend(_links(base + path, html))

    def _no_page(self, route):
        """A stream, a download, or a piece that htmx puts into a page."""
        if not self.found[route]:
            del self.found[route]

    @property
    def paths(self):
        """Every page that was reached."""
        return [path for paths in self.found.values() for path in paths]

    @property
    def unreached(self):
        """The routes to which nothing leads."""
        return [route for route, paths in self.found.items() if not paths]


def _links(url, html):
    here = urlsplit(url)
    for href in LINK.findall(html):
        there = urlsplit(urljoin(url, href.replace("&amp;", "&")))
        if there.netloc == here.netloc and not there.query:
            yield there.path


def name_of(path):
    """A file's name for the picture of a page: its route's, so that it stays the same from run to run."""
    route = route_of(urlsplit(path).path) or path
    return re.sub(r"\W+", "-", route).strip("-") or "overview"


class Watched:
    """A browser's page of which nothing may be complained: no dialog, no script error, no violation of the policy, no request elsewhere."""

    def __init__(self, chromium, base, *, scheme="light", width=1440, may_fail=False, **options):
        self.base = base
        self.scheme = scheme
        self.context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce", **options
        )
        self.complaints = []
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        if options.get("java_script_enabled", True):
            self.page.add_init_script(LISTEN)
        self.page.on("console", lambda told: self._told(told, may_fail=may_fail))
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._asked)

    def _told(self, told, *, may_fail):
        # Chromium itself says so of an answer of 400 and above, which is what a page for a wrong filter is.
        if told.type in {"error", "warning"} and not (may_fail and "Failed to load resource" in told.text):
            self.complaints.append(f"console: {told.text}")

    def _dialog(self, dialog):
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _asked(self, asked):
        if not asked.url.startswith(self.base + "/"):
            self.complaints.append(f"request: {asked.url}")

    def open(self, path):
        """Go there."""
        return self.page.goto(self.base + path)

    def width(self, pixels):
        self.page.set_viewport_size({"width": pixels, "height": 900})

    def faults(self):
        """What is wrong with the page as it is now: foreign markup, wider than the window, and all that was complained of since."""
        found = [*self.page.evaluate(FOREIGN), *self.page.evaluate(WIDE), *self.complaints]
        self.complaints.clear()
        return found

    def axe(self):
        """What axe-core finds: rule, element, and what to do."""
        if not self.page.evaluate("typeof window.axe === 'object'"):
            self.page.evaluate(AXE.read_text(encoding="utf-8") + ";null")
        found = self.page.evaluate(
            RUN_AXE,
            list(AXE_TAGS),
        )
        return [
            f"{rule['id']} ({rule['impact']}): {node['html'][:200]} {_advice(node)}"
            for rule in found
            for node in rule["nodes"][:3]
        ]

    def shoot(self, name):
        """Keep a picture of the whole page, for a person to look at."""
        SHOTS.mkdir(exist_ok=True)
        width = self.page.viewport_size["width"]
        self.page.screenshot(path=SHOTS / f"console-{name}-{width}-{self.scheme}.png", full_page=True)

    def close(self):
        self.context.close()


def _advice(node):
    return " ".join(each["message"] for each in node["any"] + node["all"] + node["none"])[:200]


@contextmanager
def watched(chromium, base, **options):
    """A page for the time of a `with`; at its end, nothing may have been complained."""
    page = Watched(chromium, base, **options)
    try:
        yield page
        assert page.complaints == []
    finally:
        page.close()
