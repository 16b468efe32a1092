from html.parser import HTMLParser

from offhook.console.waterfall import phases, waterfall
from offhook.records import Exchange, Failure, FailureKind, Timings


def exchange(started_at=0.0, **timings):
    return Exchange(method="POST", url="https://app.example/", started_at=started_at, timings=Timings(**timings), status=200)


class Shapes(HTMLParser):
    def __init__(self, drawing):
        super().__init__()
        self.found = []
        self.feed(drawing)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def bars(drawing):
    return [attrs for tag, attrs in Shapes(str(drawing)).found if tag == "rect" and attrs["class"] != "track"]


def test_phases_follow_each_other_and_the_rest_is_what_none_accounts_for():
    found = phases(exchange(dns=10.0, connect=20.0, tls=30.0, sent=1.0, first_byte=100.0, total=170.0))
    assert [(each.name, each.begins, each.took) for each in found] == [
        ("DNS", 0.0, 10.0),
        ("connect", 10.0, 20.0),
        ("TLS", 30.0, 30.0),
        ("request sent", 60.0, 1.0),
        ("first byte", 61.0, 100.0),
        ("the rest", 161.0, 9.0),
    ]


def test_a_connection_that_was_never_made_shows_the_time_spent_waiting():
    lost = Exchange(
        method="POST",
        url="https://app.example/",
        started_at=0.0,
        timings=Timings(dns=2.0, total=5002.0),
        failure=Failure(kind=FailureKind.CONNECT_TIMEOUT),
    )
    assert [(each.name, each.took) for each in phases(lost)] == [("DNS", 2.0), ("waiting", 5000.0)]


def test_a_redirect_begins_where_the_exchange_before_it_ended():
    first, second = waterfall([exchange(total=100.0), exchange(0.1, total=300.0)], 0.0)
    assert (first.begins, second.begins) == (0.0, 100.0)
    assert float(bars(first.drawing)[0]["x"]) == 0.0
    assert 240 < float(bars(second.drawing)[0]["x"]) < 260
    assert "After 100 ms" in str(second.drawing)


def test_a_clock_that_was_set_back_puts_no_exchange_over_another():
    _, second = waterfall([exchange(5.0, total=100.0), exchange(1.0, total=10.0)], 5.0)
    assert second.begins == 100.0


def test_a_phase_too_short_to_be_seen_gets_a_sliver_and_nothing_leaves_the_drawing():
    (bar,) = waterfall([exchange(dns=0.001, connect=0.0, first_byte=15_000.0, total=15_000.001)], 0.0)
    shapes = bars(bar.drawing)
    assert all(float(each["width"]) >= 2 for each in shapes)
    assert max(float(each["x"]) + float(each["width"]) for each in shapes) <= 1000.5


def test_an_exchange_that_took_no_time_can_be_drawn():
    (bar,) = waterfall([exchange()], 0.0)
    assert bar.total == "0.0 ms"


def test_the_drawing_says_in_words_what_it_shows_and_needs_no_style():
    (bar,) = waterfall([exchange(dns=12.0, first_byte=40.0, total=60.0)], 0.0)
    tag, attrs = Shapes(str(bar.drawing)).found[0]
    assert (tag, attrs["role"], attrs["aria-label"]) == ("svg", "img", "DNS 12 ms, first byte 40 ms, the rest 8 ms")
    assert "style" not in str(bar.drawing)
