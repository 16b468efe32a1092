"""Alarms by mail, to a real mail server."""

import asyncio
import re

import pytest

from offhook.alarms.model import News
from offhook.alarms.notify import email as channel
from offhook.alarms.notify.email import Email, MailServer
from tests.helpers.alarms import Office, alarm, firing, notification, recovered, storm
from tests.helpers.certificates import House, serving
from tests.helpers.door import logged
from tests.helpers.scripted_peer import Peer
from tests.helpers.smtp import PASSWORD, USER, MailHost

NAME = "mail.example"
CONSOLE = "https://console.example"


async def at_home(host, port):
    """Stands in for the name servers: every name is this machine."""
    return ["127.0.0.1"]


def mail_office(host, *, clock=None, resolve=at_home, **fields):
    usual = {"host": NAME, "port": host.port, "tls": "none", "sender": "Offhook <alarms@hooks.example>"}
    office = Office(clock=clock)
    server = MailServer(**{**usual, **fields})
    office.channels["email"] = Email(server, clock=office.clock, console_url=CONSOLE, resolve=resolve)
    return office


def secured(folder, *names, **served):
    """A server's context for these names, and the file of the authority that vouches for it."""
    house = House(NAME)
    ca_file = folder / "root.pem"
    ca_file.write_bytes(house.root.cert_pem.bytes())
    return serving(house.good(*names), folder, **served), str(ca_file)


async def test_a_firing_comes_as_text_and_html_that_no_machine_answers():
    async with MailHost() as host, mail_office(host) as office:
        about = firing(alarm("Nächtliche Fehler"), fired_at=office.clock.now())
        await office.put(notification(of=alarm("Nächtliche Fehler"), about=about))
        await office.after(5.0)
        (mail,) = host.mails
        assert mail["Subject"] == "Alarm Nächtliche Fehler fired (12 errors or warnings within 5 min, threshold 10)"
        assert (mail["From"], mail["To"]) == ("Offhook <alarms@hooks.example>", "ada@example.com")
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Date"] == "Tue, 14 Nov 2023 22:13:25 +0000"
        assert re.fullmatch(r"<NT[0-9a-f]{32}@hooks\.example>", mail["Message-ID"])
        assert mail["References"] == f"<{about.id}@hooks.example>"
        assert "Since: 2023-11-14 22:13:20 UTC (5 s ago)" in mail.get_body(("plain",)).get_content()
        assert "<h2>Alarm Nächtliche Fehler fired</h2>" in mail.get_body(("html",)).get_content()
        assert host.senders == ["alarms@hooks.example"]
        assert await office.waiting() == []


async def test_with_starttls_the_login_goes_encrypted_to_the_server_whose_name_was_checked(tmp_path):
    context, ca_file = secured(tmp_path)
    async with (
        MailHost(starttls=context, auth=True) as host,
        mail_office(host, tls="starttls", username=USER, password=PASSWORD, ca_file=ca_file) as office,
    ):
        await office.put(notification())
        await office.after(5.0)
        assert (len(host.mails), host.logins, host.secured) == (1, [USER], [True])


async def test_tls_from_the_first_byte(tmp_path):
    context, ca_file = secured(tmp_path)
    async with MailHost(tls=context) as host, mail_office(host, tls="tls", ca_file=ca_file) as office:
        await office.put(notification())
        await office.after(5.0)
        assert len(host.mails) == 1


@pytest.mark.parametrize("tls", ["tls", "starttls"])
async def test_a_certificate_for_another_name_gets_neither_mail_nor_password(tmp_path, tls):
    context, ca_file = secured(tmp_path, "other.example")
    served = {tls: context}
    async with (
        MailHost(auth=tls == "starttls", **served) as host,
        mail_office(host, tls=tls, username=USER, password=PASSWORD, ca_file=ca_file) as office,
    ):
        await office.put(notification())
        await office.after(5.0)
        (left,) = await office.waiting()
        assert left.note == "The peer's certificate is not for mail.example."
        assert host.mails == host.logins == []


@pytest.mark.parametrize("tls", ["tls", "starttls"])
async def test_a_certificate_that_nobody_vouches_for_gets_none_either(tmp_path, tls):
    context, _ = secured(tmp_path)
    async with MailHost(**{tls: context}) as host, mail_office(host, tls=tls) as office:
        await office.put(notification())
        await office.after(5.0)
        (left,) = await office.waiting()
        assert left.note.startswith("No trusted authority vouches")
        assert host.mails == []


async def test_a_server_without_starttls_is_not_spoken_to_in_the_clear():
    async with MailHost() as host, mail_office(host, tls="starttls") as office:
        await office.put(notification())
        await office.after(5.0)
        (left,) = await office.waiting()
        assert "STARTTLS" in left.note
        assert host.mails == []


async def test_a_wrong_password_is_tried_seldom_and_never_quoted(tmp_path):
    context, ca_file = secured(tmp_path)
    async with (
        MailHost(starttls=context, auth=True) as host,
        mail_office(host, tls="starttls", username=USER, password="wrong-password", ca_file=ca_file) as office,
    ):
        with logged() as lines:
            await office.put(notification())
            await office.after(5.0)
            assert "wrong-password" not in str(lines("alarm.not_told_yet"))
        (left,) = await office.waiting()
        assert left.note.startswith("The mail server refuses the login: 535")
        assert left.due - office.clock.now() == 900


async def test_a_reply_of_the_4xx_kind_is_for_now_and_one_of_the_5xx_kind_for_good():
    async with MailHost() as host, mail_office(host) as office:
        host.faults = ["451 4.7.1 greylisted", None, "554 5.7.1 looks like spam"]
        await office.put(notification())
        await office.after(5.0)
        assert [each.note for each in await office.waiting()] == ["The mail server refuses: 451 4.7.1 greylisted"]
        await office.after(5.0)
        assert (len(host.mails), await office.waiting()) == (1, [])
        await office.put(notification(due=office.clock.now()))
        await office.after(5.0)
        assert [each.note for each in await office.untold()] == ["The mail server refuses: 554 5.7.1 looks like spam"]


async def test_of_several_recipients_one_that_is_refused_is_no_matter_of_the_others():
    async with MailHost() as host, mail_office(host) as office:
        host.refused = {"gone@example.com": "550 5.1.1 no such mailbox", "full@example.com": "452 4.2.2 mailbox full"}
        of = alarm()
        about = firing(of)
        for address in ("ada@example.com", "gone@example.com", "full@example.com", "bob@example.com"):
            await office.put(notification(address=address, of=of, about=about))
        await office.after(5.0)
        assert sorted(host.recipients) == [["ada@example.com"], ["bob@example.com"]]
        assert [(each.address, each.note) for each in await office.untold()] == [
            ("gone@example.com", "The mail server refuses: 550 5.1.1 no such mailbox")
        ]
        assert [each.address for each in await office.waiting()] == ["full@example.com"]
        host.refused = {}
        await office.after(5.0)
        assert host.recipients[-1] == ["full@example.com"]


async def test_a_mail_whose_reply_was_lost_comes_again_under_the_same_message_id():
    async with MailHost() as host, mail_office(host) as office:
        host.faults = ["lose"]
        await office.put(*storm(3))
        await office.after(5.0)
        await office.put(notification(due=office.clock.now()))
        await office.after(5.0)
        first, again, other = host.mails
        assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
        assert again["Subject"] == first["Subject"] == "3 alarms fired: Alarm 0, Alarm 1, Alarm 2"
        assert await office.waiting() == []


async def test_a_storm_of_five_hundred_and_its_end_are_two_mails():
    async with MailHost() as host, mail_office(host) as office:
        fired = storm(500)
        await office.put(*fired)
        await office.after(5.0)
        over = [
            notification(of=each.alarm, about=recovered(each.firing), news=News.RECOVERED, due=office.clock.now())
            for each in fired
        ]
        await office.put(*over)
        await office.after(5.0)
        assert [mail["Subject"].split(":")[0] for mail in host.mails] == ["500 alarms fired", "500 alarms recovered"]
        assert all("… and 490 more" in mail.get_body(("plain",)).get_content() for mail in host.mails)


async def test_a_server_that_is_down_gets_the_mail_when_it_is_up():
    async with MailHost() as host:
        port = host.port
    async with mail_office(host) as office:
        await office.put(notification())
        await office.after(5.0)
        (left,) = await office.waiting()
        assert left.note.startswith("Connecting to mail.example port")
        async with MailHost(port=port) as up:
            await office.put(notification(due=office.clock.now()))
            await office.after(6.0)
            assert [mail["Subject"] for mail in up.mails] == ["2 alarms fired: Too many errors"]


async def test_a_server_that_hangs_is_given_up_and_hung_up(monkeypatch):
    monkeypatch.setattr(channel, "ALTOGETHER", 0.3)
    closed = asyncio.Event()

    async def hangs(line):
        await line.say(b"220 mail.example\r\n")
        await line.until_closed()
        closed.set()

    async with Peer(hangs) as host, mail_office(host) as office:
        await office.put(notification())
        await office.after(5.0)
        assert [each.note for each in await office.waiting()] == ["mail.example was not done within 0.3 s."]
        await asyncio.wait_for(closed.wait(), 5)


async def test_what_greets_with_nonsense_is_tried_again():
    async def web_server(line):
        await line.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with Peer(web_server) as host, mail_office(host) as office:
        await office.put(notification())
        await office.after(5.0)
        assert len(await office.waiting()) == 1


async def test_a_name_that_leads_to_the_metadata_service_is_not_called():
    async def rebound(host, port):
        return ["169.254.169.254"]

    async with MailHost() as host, mail_office(host, resolve=rebound) as office:
        await office.put(notification())
        await office.after(5.0)
        (left,) = await office.waiting()
        assert left.note.startswith("mail.example resolves to 169.254.169.254, which is not called: a cloud's metadata service")
        assert host.connections == 0


@pytest.mark.parametrize("address", ["ada", "ada@example.com\r\nBcc: eve@example.com", "a@b@c", "<ada@example.com>", "a@x, b@x"])
async def test_what_is_no_address_never_reaches_the_server(address):
    async with MailHost() as host, mail_office(host) as office:
        await office.put(notification(address=address))
        await office.after(5.0)
        assert host.connections == 0
        assert len(await office.untold()) == 1


async def test_names_from_outside_cannot_write_headers():
    async with MailHost() as host, mail_office(host) as office:
        await office.put(notification(of=alarm("x\r\nBcc: eve@example.com\r\n\r\nHello")))
        await office.after(5.0)
        (mail,) = host.mails
        assert mail["Bcc"] is None
        assert host.recipients == [["ada@example.com"]]
        assert mail["Subject"].startswith("Alarm x Bcc: eve@example.com Hello fired")


async def test_without_a_mail_server_the_mail_waits_and_says_for_what():
    office = Office(email=Email(None, clock=None, console_url=CONSOLE))
    async with office:
        await office.put(notification())
        await office.after(5.0)
        assert [each.note for each in await office.waiting()] == ["There is no mail server: set smtp_host and smtp_from."]


async def test_a_password_is_shown_nowhere():
    assert PASSWORD not in repr(MailServer(host=NAME, port=1, tls="tls", sender="a@b.c", username=USER, password=PASSWORD))


async def test_a_password_that_no_server_can_take_is_said(tmp_path):
    context, ca_file = secured(tmp_path)
    async with MailHost(starttls=context, auth=True) as host:  # noqa: SIM117 - too long for one line
        async with mail_office(host, tls="starttls", username=USER, password="pässwort", ca_file=ca_file) as office:
            await office.put(notification())
            await office.after(5.0)
            (left,) = await office.waiting()
            assert "beyond ASCII" in left.note
            assert "wort" not in left.note.replace("smtp_password", "")


async def test_a_server_that_wants_a_login_is_no_refusal_of_the_mail(tmp_path):
    context, ca_file = secured(tmp_path)
    async with MailHost(starttls=context, auth=True) as host, mail_office(host, tls="starttls", ca_file=ca_file) as office:
        await office.put(notification())
        await office.after(5.0)
        (left,) = await office.waiting()
        assert left.note.startswith("The mail server refuses: 530")
        assert left.due - office.clock.now() == 900


async def test_a_server_that_greets_with_a_refusal_is_asked_again_later():
    async def closed(line):
        await line.say(b"554 5.7.1 not from here\r\n")

    async with Peer(closed) as host, mail_office(host) as office:
        await office.put(notification())
        await office.after(5.0)
        assert [each.note for each in await office.waiting()] == ["The mail server refuses: 554 5.7.1 not from here"]


async def test_an_address_beyond_ascii_is_written_to_where_the_server_can():
    async with MailHost(utf8=True) as host, mail_office(host) as office:
        await office.put(notification(address="jürgen@example.com"))
        await office.after(5.0)
        assert host.recipients == [["jürgen@example.com"]]
    async with MailHost() as host, mail_office(host) as office:
        await office.put(notification(address="jürgen@example.com"))
        await office.after(5.0)
        (kept,) = await office.untold()
        assert "SMTPUTF8" in kept.note
