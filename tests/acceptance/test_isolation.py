"""One app that hangs does not touch the others."""

import threading
import time

from tests.helpers.messages import message, post, sid
from tests.helpers.processes import App, Offhook


def test_while_one_app_hangs_on_everything_another_endpoint_answers_as_ever(tmp_path):
    hanging, good = App("flask", tmp_path, APP_DELAY="60"), App("fastapi", tmp_path)
    config = tmp_path / "offhook.toml"
    config.write_text(
        f'[endpoints.stuck]\nto = "{hanging.url}"\nhold = "8s"\nconcurrency = 8\n[endpoints.fine]\nto = "{good.url}"\n'
    )
    offhook = Offhook(tmp_path, "--config", str(config))
    flood = [threading.Thread(target=post, args=(f"{offhook.url}/stuck", message(From="+1555" + sid()[-7:]))) for _ in range(40)]
    for thread in flood:
        thread.start()
    time.sleep(0.5)
    slowest = 0.0
    for _ in range(50):
        started = time.monotonic()
        status, _, body = post(offhook.url + "/fine", message("quick", From="+1555" + sid()[-7:]))
        slowest = max(slowest, time.monotonic() - started)
        assert (status, b"You said: quick" in body) == (200, True)
    assert slowest < 2.0
    for thread in flood:
        thread.join()
    hanging.kill()
    offhook.stop()
    good.stop()
