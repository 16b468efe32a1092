"""Charts: their scales, their shapes, and what they say without being seen."""

import re
from xml.etree import ElementTree as ET

import pytest

from offhook.console.charts import LADDER, Chart, Layer, bars, durations, nice_step, percent, rung, share_top, shares, spark


def a_chart(*layers, hints=()):
    return Chart("volume", "Webhooks", "12 were received.", layers, ("24 h ago", "12 h ago", "now"), hints)


def parsed(markup):
    return ET.fromstring(str(markup))


def paths(markup, look):
    return [each.get("d") for each in parsed(markup).iter("path") if look in each.get("class", "").split()]


@pytest.mark.parametrize(
    ("top", "step"), [(0, 1), (1, 1), (3, 1), (4, 1), (5, 2), (8, 2), (9, 5), (40, 10), (41, 20), (999, 500), (4e6, 1e6)]
)
def test_a_scale_has_at_most_four_steps_of_round_numbers(top, step):
    assert nice_step(top) == step
    assert top <= 4 * nice_step(top)


def test_a_duration_stands_between_the_rungs_by_its_logarithm():
    assert [rung(each) for each in LADDER] == pytest.approx(range(len(LADDER)))
    assert rung(0.0001) == 0
    assert rung(10**9) == len(LADDER) - 1
    assert 2 < rung(0.3) < 3


def test_shares_get_a_scale_that_shows_small_ones():
    assert [share_top(each) for each in (0, 0.05, 0.06, 0.3, 1)] == [0.05, 0.05, 0.1, 0.5, 1.0]
    assert [percent(each) for each in (None, 0, 0.0004, 0.025, 0.5, 1)] == ["", "0 %", "< 0.1 %", "2.5 %", "50 %", "100 %"]


def test_bars_stand_on_the_line_and_hang_below_it():
    drawn = bars(a_chart(Layer("received", "received", [4, 0, 2]), Layer("given up", "lost", [0, 1, 0], down=True)))
    (up,), (down,) = paths(drawn, "received"), paths(drawn, "lost")
    assert up.count("M") == 2
    assert "v-96" in up
    assert "v24" in down
    assert [each.text for each in parsed(drawn).iter("span")][:6] == ["4", "3", "2", "1", "0", "1"]


def test_the_smallest_count_is_seen_beside_the_largest():
    (path,) = paths(bars(a_chart(Layer("received", "received", [100_000, 1]))), "received")
    assert path.endswith("v-1.5h240V120z")


def test_no_counts_at_all_are_a_chart_too():
    assert not paths(bars(a_chart(Layer("received", "received", []))), "received")


def test_a_curve_breaks_where_nothing_is_known_and_a_lone_value_is_a_dot():
    drawn = durations(a_chart(Layer("p50", "p50", [0.1, 0.2, None, 0.3, None])))
    (path,) = paths(drawn, "p50")
    assert re.fullmatch(r"M60 \S+L180 \S+M420 \S+h\.01", path)


def test_durations_are_named_by_their_scale():
    drawn = durations(a_chart(Layer("p50", "p50", [0.02, 8.0])))
    assert [each.text for each in parsed(drawn).iter("span")][:4] == ["10 s", "1 s", "100 ms", "10 ms"]


def test_a_share_of_all_stands_at_the_top():
    (path,) = paths(shares(a_chart(Layer("share", "share", [0.0, 1.0]))), "share")
    assert path == "M150 120L450 0"


def test_a_chart_says_what_it_shows():
    drawing = parsed(bars(a_chart(Layer("received", "received", [1])))).find(".//svg")
    named = [drawing.find(f".//*[@id='{each}']").text for each in drawing.get("aria-labelledby").split()]
    assert named == ["Webhooks", "12 were received."]
    assert drawing.get("role") == "img"


def test_each_part_says_its_values_as_text():
    drawn = bars(a_chart(Layer("received", "received", [1, 2]), hints=("now: <b>1</b>", "")))
    hints = [each.find("title").text for each in parsed(drawn).iter("rect")]
    assert hints == ["now: <b>1</b>"]


def test_no_chart_has_a_style_of_its_own():
    layers = (Layer("received", "received", [3, 1]), Layer("given up", "lost", [1, 0], down=True))
    drawn = str(bars(a_chart(*layers, hints=("a", "b")))) + str(durations(a_chart(Layer("p50", "p50", [0.1]))))
    assert "style" not in drawn
    assert "<script" not in drawn


def test_a_spark_is_one_path_and_a_sentence():
    drawn = spark([0, 3, 1], "4 in the last 24 hours")
    assert parsed(drawn).get("aria-label") == "4 in the last 24 hours"
    (path,) = paths(drawn, "bar")
    assert path.count("z") == 2
    assert not paths(spark([0, 0], "none"), "bar")
