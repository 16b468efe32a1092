"""The first page: how it is."""


async def test_a_person_reads_the_overview(console):
    page = await console.read("/")
    assert page.status == 200
    assert "Nothing has come in yet." in page.words


async def test_what_has_been_lost_is_told_over_both_journals(either):
    await either.lost()
    page = await either.read("/")
    assert "1 message has not reached your app" in page.words


def test_a_browser_logs_in_by_a_link(beside, looks):
    beside.run(beside.pages.lost())
    page = looks(390)
    beside.log_in(page)
    assert "has not reached" in page.inner_text("main")
