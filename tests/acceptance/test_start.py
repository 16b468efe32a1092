"""What `offhook serve` says when it cannot start."""

import socket

import pytest


@pytest.mark.parametrize("flag", ["--port", "--console-port"])
def test_a_port_in_use_is_named_with_the_flag_that_chooses_another(run_offhook, flag):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        other = "--console-port" if flag == "--port" else "--port"
        command = ("serve", "--to", "http://127.0.0.1:9/sms", "--host", "127.0.0.1", other, "0")
        done = run_offhook(*command, flag, port)
    assert done.returncode == 1
    assert f"on 127.0.0.1 port {port}: another program uses it" in done.stderr
    assert f"with {flag}" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_an_address_that_is_not_this_machines_is_said_so(run_offhook):
    done = run_offhook("serve", "--to", "http://127.0.0.1:9/sms", "--host", "192.0.2.7", "--port", "0", "--console-port", "0")
    assert done.returncode == 1
    assert "192.0.2.7 is no address of this machine" in done.stderr
