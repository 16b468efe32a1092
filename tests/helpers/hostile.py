"""Texts that would do harm where they are taken for more than text."""

HOSTILE = (
    "\0nul",
    "\u202ereversed",
    "a\u200b\u200bb",
    "</textarea><script>x</script>",
    "&lt;b&gt;",
    "line\u2028separator",
    "data: evil\n\nevent: reset\n\n",
    "${7*7}{{7*7}}",
    "'\"><svg onload=alert(1)>",
    "😀" * 100,
)
