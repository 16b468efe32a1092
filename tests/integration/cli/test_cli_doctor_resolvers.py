"""Which name servers `offhook doctor` asks is the person's choice."""

import pytest


@pytest.mark.parametrize("resolver", ["dns.example.com", "1.1.1.1:0"])
def test_what_is_no_address_of_a_name_server_is_bad_usage(desk, resolver):
    result = desk.run("doctor", "http://127.0.0.1:9/sms", "--resolver", resolver)
    assert result.exit_code == 2
    assert resolver in result.output
    assert "127.0.0.1:5353" in result.output
