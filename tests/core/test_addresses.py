"""What is near and what is not, whatever spelling a number has, and what of it goes through a proxy."""

import ipaddress
from typing import Final

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.addresses import NoHost, canonical, is_near, is_this_machine, mounts_for, redis_address

PRIVATE: Final = tuple(map(ipaddress.IPv4Network, ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
numbers = st.one_of(st.ip_addresses(v=4), *(st.ip_addresses(network=network) for network in PRIVATE))


def spellings(number: ipaddress.IPv4Address) -> list[str]:
    """The ways in which systems let people write it."""
    whole, octets = int(number), number.packed
    return [
        str(number),
        f"{number}.",
        str(whole),
        hex(whole),
        f"0X{whole:08X}",
        f"0{whole:o}",
        ".".join(hex(octet) for octet in octets),
        ".".join(f"0{octet:o}" for octet in octets),
        f"{octets[0]}.{octets[1]}.{whole & 0xFFFF}",
        f"{octets[0]}.{whole & 0xFFFFFF}",
        f"::ffff:{number}",
        f"::FFFF:{whole >> 16:x}:{whole & 0xFFFF:x}",
        str(number).translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"}),
        str(number).replace(".", "。"),
    ]


@given(numbers)
def test_every_spelling_of_a_number_is_that_number(number: ipaddress.IPv4Address) -> None:
    near = any(number in network for network in PRIVATE) or int(number) == 0
    for text in spellings(number):
        assert canonical(text) == str(number), text
        assert is_near(text) is near, text
        assert is_this_machine(text) is (number.is_loopback or int(number) == 0), text


@given(st.ip_addresses(v=6))
def test_every_spelling_of_a_long_number_is_that_number(number: ipaddress.IPv6Address) -> None:
    assert canonical(number.exploded.upper()) == canonical(str(number))
    assert is_near(number.exploded) == is_near(str(number))


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST.", "todo.localhost", "nas", "nas.local", "box.lan", "ollama.home.arpa", "a.internal"),
        *("ⓛocalhost", "127.1", "0x7f.1", "::1", "fd12::1", "fe80::1", "fe80::1%eth0", "::ffff:10.0.0.1", "0.0.0.0"),
    ],
)
def test_what_is_near(host: str) -> None:
    assert is_near(host)


@pytest.mark.parametrize(
    "host",
    [
        *("example.com", "notlocal.com"),
        *("localhost.example.com", "127.0.0.1.example.com", "localhost.com", "8.8.8.8", "2606:4700::1111"),
        *(
            "169.254.169.254",
            "2852039166",
            "::ffff:a9fe:a9fe",
            "169.254.1.1",
            "fd00:ec2::254",
            "metadata.google.internal",
        ),
        *("100.64.0.1", "100.100.100.200", "192.0.2.1", "198.18.0.1", "224.0.0.1", "172.32.0.1", "2002:7f00:1::"),
        *("64:ff9b::7f00:1", "::8.8.8.8", "", "1.2.3.4.5", "256.1.1.1", "08.1.1.1", "10.0.0.0x"),
    ],
)
def test_what_is_not_near(host: str) -> None:
    assert not is_near(host)


@pytest.mark.parametrize(
    "host", ["", "1.2.3.4.5", "256.1.1.1", "4294967296", "1.2.3.08", "example.1", "::1::", "a..。b"]
)
def test_what_is_no_host(host: str) -> None:
    with pytest.raises(NoHost):
        canonical(host)


@given(st.text(max_size=20))
def test_any_text_is_a_host_or_none(text: str) -> None:
    assert isinstance(is_near(text), bool)
    assert isinstance(is_this_machine(text), bool)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"])
@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.9.8.7", "localhost", "a.localhost", "[::1]", "2130706433", "0.0.0.0"]
)
def test_nothing_for_this_machine_goes_through_a_proxy(name: str, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "http://proxy.example:3128")
    for scheme in ("http", "https"):
        url = f"{scheme}://{host}:8000/v1"
        with httpx2.Client(mounts=mounts_for(url)) as client:
            assert client._transport_for_url(httpx2.URL(url)) is client._transport


def test_others_go_through_the_proxy_that_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    assert mounts_for("http://192.168.1.2:8000") is None
    with httpx2.Client(mounts=mounts_for("http://example.com")) as client:
        assert client._transport_for_url(httpx2.URL("http://example.com")) is not client._transport


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("valkey://host:6379/0", "redis://host:6379/0"),
        ("valkeys://user:valkey@host/1", "rediss://user:valkey@host/1"),
        ("redis://valkey:6379/0", "redis://valkey:6379/0"),
        ("rediss://valkey.example.com/0", "rediss://valkey.example.com/0"),
        ("valkey://valkey/0", "redis://valkey/0"),
    ],
)
def test_only_the_scheme_of_a_valkey_is_replaced(written: str, meant: str) -> None:
    assert redis_address(written) == meant
