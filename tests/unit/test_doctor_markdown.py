"""The report for a ticket: whoever reads it sees what came from outside as text, whatever that tries to be."""

import re

import pytest
from markdown_it import MarkdownIt

from offhook.cli.doctor_markdown import code, markdown, told
from offhook.doctor.findings import Finding, Verdict
from tests.helpers.reports import hostile, ill, report, row, well

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
OURS = {
    "<details><summary>1 check found nothing wrong</summary>",
    "<details><summary>1 check did not apply</summary>",
    "</details>",
}
# What GitHub makes of a text that is in no code: mentions, issues, commits, addresses.
TAKEN = re.compile(r"@\w|#\d|GH-\d|https?:|www\.|\b[0-9a-f]{7,40}\b|<|&", re.IGNORECASE)


def tokens(text):
    """Every token, those within lines too."""
    for token in PARSER.parse(text):
        yield token
        yield from token.children or ()


def cells(text):
    """How many cells each row of each table has."""
    found = []
    for token in PARSER.parse(text):
        if token.type == "tr_open":
            found.append(0)
        elif token.type in {"td_open", "th_open"}:
            found[-1] += 1
    return found


def test_a_report_is_a_headline_a_table_the_evidence_and_the_steps():
    text = markdown(ill())
    assert text.startswith("## ✗ 1 fault and 1 warning: `https://my-app.example/sms`\n")
    assert "| ✗ fault | `tls` | The certificate expired 3 days ago. (Twilio: 11237) |" in text
    assert text.index("✗ fault") < text.index("! warning") < text.index("? could not tell") < text.index("### What to do")
    assert "1. Renew the certificate.\n2. Have it" in text
    assert "- Connected in 41.0 ms at the median, 96.0 ms at most.\n" in text
    assert "3 of 20 lost" in text
    assert text.index("<details>") > text.index("### What to do")
    assert text.index("`dns`") > text.index("<details>")
    assert text.endswith("</details>\n")


def test_each_row_of_a_table_has_its_three_cells():
    for of in (ill, well, hostile):
        assert set(cells(markdown(of()))) == {3}


def test_words_from_outside_make_no_html_no_link_no_image_and_no_heading():
    text = markdown(hostile())
    found = list(tokens(text))
    assert {token.content.strip() for token in found if token.type in {"html_block", "html_inline"}} <= OURS
    assert not {token.type for token in found} & {"link_open", "image", "html_inline", "s_open", "hr", "blockquote_open"}
    headings = [token for token in found if token.type == "heading_open"]
    assert [token.tag for token in headings] == ["h2", "h3", "h3"]


def test_words_from_outside_are_mentions_of_nobody_and_links_to_nothing():
    for token in tokens(markdown(hostile())):
        if token.type == "text":
            assert not TAKEN.search(token.content), token.content


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("It answered 200 in 42.5 ms, as it should.", "It answered 200 in 42.5 ms, as it should."),
        ("See https://my-app.example/sms.", "See `https://my-app.example/sms`."),
        ("It's the host's own (nginx) page!", "It's the host's own (nginx) page!"),
        ("Ask @octocat or a|b", "Ask `@octocat` or `a|b`"),
        ("deadbeef01 closes GH-12 and #3", "`deadbeef01` closes `GH-12` and `#3`"),
        ("Call `twilio.webhook()`, or (`Request Validator`).", "Call `twilio.webhook()`, or (`Request Validator`)."),
        ("a `tick`, `b``c` and ``two``", "a `tick`, ``` `b``c` ``` and ``` ``two`` ```"),
        ("`a`<b>`c` `@x` `open <i>", "`` `a`<b>`c` `` `@x` `` `open <i> ``"),
        ("(15 %).", "(15 %)."),
        ("1. not a list", "`1`. not a list"),
        ("a\n\nb\r\n# c", "a b `#` c"),
        ("", ""),
        ("Grüße → 100 % fine…", "Grüße → 100 % fine…"),
    ],
)
def test_a_sentence_stays_a_sentence_and_what_is_more_goes_into_code(sentence, said):
    assert told(sentence) == said


@pytest.mark.parametrize("text", ["a", "`", "``", "`a`", "a``b`c", "a\\", "", "\\|", "|"])
def test_code_ends_where_it_should(text):
    (inline,) = (token for token in PARSER.parse(f"x {code(text)} y") if token.type == "inline")
    assert [child.type for child in inline.children] == ["text", "code_inline", "text"]
    assert inline.children[1].content == (text or "–")  # noqa: RUF001 - a dash


@pytest.mark.parametrize("text", ["\\|", "\\\\|", "|\\", "`|`", "|||", "a | b", "`` | ``"])
def test_bars_and_backslashes_end_no_cell(text):
    fault = Finding(verdict=Verdict.FAULT, title=text)
    assert set(cells(markdown(report(row(text, fault))))) == {3}


def test_a_message_ends_its_block_only_where_it_ends():
    text = markdown(hostile())
    (fence,) = (token for token in PARSER.parse(text) if token.type == "fence")
    assert "<script>" in fence.content
    assert "\nnew\n" in fence.content
