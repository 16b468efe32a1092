from ipaddress import ip_address

import pytest

from offhook.net.addresses import refusal, refusal_of_host, refusal_of_name

DENIED = {
    "0.0.0.0": "this network",
    "0.255.255.255": "this network",
    "10.0.0.1": "private",
    "10.255.255.255": "private",
    "100.64.0.1": "carrier-grade NAT",
    "100.127.255.255": "carrier-grade NAT",
    "100.100.100.200": "metadata",
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "168.63.129.16": "metadata",
    "169.254.0.1": "link-local",
    "169.254.169.254": "metadata",
    "169.254.170.2": "metadata",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.1": "protocol assignments",
    "192.0.0.192": "metadata",
    "192.0.2.1": "documentation",
    "192.88.99.1": "6to4 relay",
    "192.168.0.1": "private",
    "192.168.255.255": "private",
    "198.18.0.1": "benchmarks",
    "198.19.255.255": "benchmarks",
    "198.51.100.7": "documentation",
    "203.0.113.1": "documentation",
    "224.0.0.1": "multicast",
    "239.255.255.250": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.254": "reserved",
    "255.255.255.255": "broadcast",
    "::": "unspecified",
    "::1": "loopback",
    "::127.0.0.1": "IPv4-compatible",
    "::8.8.8.8": "public use",
    "::ffff:127.0.0.1": "IPv4-mapped",
    "::ffff:10.0.0.1": "private",
    "::ffff:169.254.169.254": "metadata",
    "::ffff:0:127.0.0.1": "IPv4-translated",
    "::ffff:0:8.8.8.8": "public use",
    "64:ff9b::a9fe:a9fe": "NAT64",
    "64:ff9b::7f00:1": "loopback",
    "64:ff9b::192.168.1.1": "private",
    "64:ff9b:1::1": "NAT64 of a local network",
    "64:ff9b:1:ffff::808:808": "NAT64 of a local network",
    "64:ff9b:2::1": "public use",
    "100::1": "discard",
    "100:0:0:1::1": "public use",
    "200::1": "public use",
    "400::1": "public use",
    "2001::1": "Teredo",
    "2001:0:4136:e378:8000:63bf:80ff:fffe": "Teredo",
    "2001:2::1": "benchmarks",
    "2001:10::1": "protocol assignments",
    "2001:20::1": "protocol assignments",
    "2001:db8::1": "documentation",
    "2001:db8:ffff:ffff::1": "documentation",
    "2002:7f00:1::": "6to4 form of 127.0.0.1",
    "2002:a9fe:a9fe::1": "metadata",
    "2002:c0a8:101::1": "private",
    "2002:808:808::5efe:127.0.0.1": "ISATAP form of 127.0.0.1",
    "2600:1:2:3:0:5efe:10.0.0.1": "ISATAP form of 10.0.0.1",
    "2600:1:2:3:200:5efe:127.0.0.1": "ISATAP form of 127.0.0.1",
    "3ffe::1": "6bone",
    "3fff::1": "documentation",
    "4000::1": "public use",
    "5f00::1": "public use",
    "fc00::1": "unique local",
    "fd00:ec2::254": "metadata",
    "fd12:3456::1": "unique local",
    "fe80::1": "link-local",
    "fe80::1%lo": "link-local",
    "febf::1": "link-local",
    "fec0::1": "site-local",
    "feff::1": "site-local",
    "ff02::1": "multicast",
    "ff0e::1": "multicast",
}

ALLOWED = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.1",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "192.0.3.1",
    "192.167.255.255",
    "192.169.0.1",
    "198.17.255.255",
    "198.20.0.1",
    "198.51.101.1",
    "203.0.114.1",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001:80b::200e",
    "2001:4860:4860::8888",
    "2001:db9::1",
    "2600:1:2:3:0:5efe:8.8.8.8",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
]


@pytest.mark.parametrize(("address", "reason"), DENIED.items())
def test_an_address_that_is_not_public_is_refused_with_its_reason(address, reason):
    assert reason in refusal(ip_address(address))
    assert bool(refusal(ip_address(address), trusted=True)) == ("metadata" in refusal(ip_address(address)))


@pytest.mark.parametrize("address", ALLOWED)
def test_a_public_address_may_be_called(address):
    assert refusal(ip_address(address)) == ""


@pytest.mark.parametrize(
    "network",
    [
        "10.0.0.0",
        "127.0.0.1",
        "169.254.169.254",
        "172.31.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
    ],
)
def test_every_ipv6_form_of_a_refused_ipv4_address_is_refused(network):
    inner = int(ip_address(network))
    forms = [
        inner,
        0xFFFF << 32 | inner,
        0xFFFF << 48 | inner,
        0x0064FF9B << 96 | inner,
        0x0064FF9B0001 << 80 | inner,
        0x2002 << 112 | inner << 80 | 1,
        0x20010000 << 96 | 0x04040404 << 64 | (inner ^ 0xFFFFFFFF),
        0x2600 << 112 | 0x5EFE << 32 | inner,
    ]
    for form in forms:
        address = ip_address(form.to_bytes(16))
        assert refusal(address), address


@pytest.mark.parametrize(
    "name",
    [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "LocalHost..",
        "x.localhost",
        "a.b.LOCALHOST.",
        "localhost.localdomain",
        "ip6-localhost",
        "metadata.google.internal",
        "Metadata.Google.Internal.",
    ],
)
def test_names_of_the_machine_itself_and_of_metadata_services_are_refused_unresolved(name):
    assert refusal_of_name(name)


@pytest.mark.parametrize("name", ["app.example", "localhost.example", "notlocalhost", "google.internal", "8.8.8.8"])
def test_other_names_are_for_the_resolver_to_tell(name):
    assert refusal_of_name(name) == ""


@pytest.mark.parametrize("name", ["metadata.google.internal", "METADATA.goog."])
def test_a_clouds_metadata_service_is_not_for_the_operator_either(name):
    assert "metadata" in refusal_of_name(name, trusted=True)
    assert refusal_of_name("localhost", trusted=True) == ""
    assert "metadata" in refusal(ip_address("::ffff:169.254.169.254"), trusted=True)
    assert refusal(ip_address("::ffff:10.0.0.1"), trusted=True) == ""


@pytest.mark.parametrize("host", ["169.254.169.254", "[::ffff:169.254.169.254]", "fd00:ec2::254", "metadata.google.internal"])
def test_a_host_is_refused_by_its_number_or_its_name(host):
    assert "metadata" in refusal_of_host(host, trusted=True)
    assert refusal_of_host("10.0.0.1", trusted=True) == refusal_of_host("hooks.example.com", trusted=True) == ""
    assert "private" in refusal_of_host("10.0.0.1")
