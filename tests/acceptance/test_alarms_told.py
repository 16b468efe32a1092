"""A running Offhook tells people and systems of an alarm: once, with what happened and what to do, also across a kill."""

import asyncio

from twilio.request_validator import RequestValidator

from tests.helpers.door import until
from tests.helpers.messages import message, post
from tests.helpers.processes import ACCOUNT, TOKEN, Offhook, free_port, get_json
from tests.helpers.receivers import Receiver
from tests.helpers.smtp import MailHost

CONFIG = """
smtp_host = "127.0.0.1"
smtp_port = {port}
smtp_tls = "none"
smtp_from = "Offhook <alarms@hooks.example>"
console_url = "https://console.example"
alarm_group_wait = "1s"

[alarms.refused]
any = "error"
at_least = 3
within = "5m"
email = ["ada@example.com", "bob@example.com"]
webhook = "{webhook}"
"""


async def test_three_errors_are_one_mail_to_each_and_one_webhook_also_across_a_kill(tmp_path):
    async with MailHost() as host, Receiver("hang") as receiver:
        config = tmp_path / "offhook.toml"
        config.write_text(CONFIG.format(port=host.port, webhook=receiver.url))
        flags = ("--config", str(config), "--to", f"http://127.0.0.1:{free_port()}/sms", "--answer", "ack")
        offhook = await asyncio.to_thread(Offhook, tmp_path, *flags)
        for number in range(3):
            await asyncio.to_thread(post, f"{offhook.url}/sms", message(From=f"+1555123000{number}"))
        await until(lambda: len(host.mails) == 2 and receiver.posts, 30.0)
        offhook.kill()

        offhook = await asyncio.to_thread(Offhook, tmp_path, *flags)
        await until(lambda: len(receiver.posts) == 2, 30.0)
        await asyncio.sleep(3.0)  # long enough for a second firing, had there been one
        assert await asyncio.to_thread(offhook.stop) == 0

        # The kill may have come between a mail and its note: then that mail has come again, and can be known by its id.
        mails = {mail["Message-ID"]: recipients for mail, recipients in zip(host.mails, host.recipients, strict=True)}
        assert sorted(mails.values()) == [["ada@example.com"], ["bob@example.com"]]
        mail = host.mails[0]
        assert mail["Subject"].startswith("Alarm refused fired (3 errors within 5 min, threshold 3)")
        text = mail.get_body(("plain",)).get_content()
        assert "Leading cause: code 112" in text
        assert "What to do:" in text
        assert "https://console.example/" in text
        first, again = receiver.posts
        assert first.form == again.form
        assert (first.form["AccountSid"], first.form["TriggerValue"], first.form["Log"]) == (ACCOUNT, "3.000000", "error")
        assert RequestValidator(TOKEN).validate(receiver.url, first.form, first.headers["x-twilio-signature"])


async def test_who_refuses_to_be_told_stands_with_the_firing_also_after_a_kill(tmp_path):
    async with Receiver(410) as receiver:
        config = tmp_path / "offhook.toml"
        config.write_text(f'alarm_group_wait = "0s"\n[alarms.refused]\nany = "error"\nwebhook = "{receiver.url}"\n')
        flags = ("--config", str(config), "--to", f"http://127.0.0.1:{free_port()}/sms", "--answer", "ack")
        offhook = await asyncio.to_thread(Offhook, tmp_path, *flags)
        await asyncio.to_thread(post, f"{offhook.url}/sms", message())

        async def missed():
            firings = (await asyncio.to_thread(get_json, f"{offhook.console}/api/alarm-firings"))["firings"]
            return [each for firing in firings for each in firing["untold"]]

        for _ in range(100):
            if await missed():
                break
            await asyncio.sleep(0.2)
        offhook.kill()

        offhook = await asyncio.to_thread(Offhook, tmp_path, *flags)
        (each,) = await missed()
        assert (each["channel"], each["address"], each["news"], each["tries"]) == ("webhook", receiver.url, "fired", 1)
        assert each["why"] == "The receiver refuses it with status 410."
        assert await asyncio.to_thread(offhook.stop) == 0
