"""Which IP addresses a source may be on."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iwmon.fetch.addresses import PUBLIC, kind_of, permitted

# fmt: off
INNER = [
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "100.64.0.1", "::1", "fc00::1", "fd12:3456::1", "::ffff:127.0.0.1", "::ffff:7f00:1",
    "::ffff:10.1.2.3",
]
NEVER = [
    "0.0.0.0", "0.1.2.3", "169.254.169.254", "168.63.129.16", "192.0.0.1", "192.0.2.1", "192.88.99.1",
    "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
    "240.0.0.1", "255.255.255.255", "::", "::127.0.0.1", "::8.8.8.8", "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::8.8.8.8",
    "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::1", "2001:0:7f00:1::", "2001:db8::1", "3fff::1",
    "5f00::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "100::1", "4000::1",
]
OPEN = [
    "8.8.8.8", "1.1.1.1", "172.32.0.1", "172.15.0.1", "100.63.255.255", "100.128.0.1", "192.0.1.1",
    "198.17.0.1", "223.255.255.255", "11.0.0.1", "2606:4700::1111", "2001:4860:4860::8888",
    "2a00:1450::1", "2001:200::1",
]
# fmt: on


@pytest.mark.parametrize("address", INNER)
def test_inner_addresses_need_leave(address: str) -> None:
    """Loopback and private addresses: only with allow_private."""
    assert not permitted(address, allow_private=False)
    assert permitted(address, allow_private=True)


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_never_dialled(address: str) -> None:
    """Metadata services, multicast, and addresses with another one inside: not even with allow_private."""
    assert not permitted(address, allow_private=False)
    assert not permitted(address, allow_private=True)
    assert kind_of(address) != PUBLIC


@pytest.mark.parametrize("address", OPEN)
def test_public_addresses_are_permitted(address: str) -> None:
    """The neighbours of refused networks are not refused."""
    assert kind_of(address) == PUBLIC
    assert permitted(address, allow_private=False)


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.1", "2130706433", "0x7f.1", "1.2.3.4.5", "[::1]", "::1%"]
)
def test_what_is_not_an_address_is_not_permitted(text: str) -> None:
    """Spellings that only a resolver understands are not addresses."""
    assert not permitted(text, allow_private=True)


@given(st.ip_addresses())
def test_stricter_than_the_standard_library(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    """Whatever Python calls not global is refused too."""
    if not address.is_global:
        assert not permitted(str(address), allow_private=False)


@given(st.ip_addresses(v=4))
def test_an_embedded_address_opens_no_door(inner: ipaddress.IPv4Address) -> None:
    """No IPv6 wrapping of any IPv4 address is public."""
    number = int(inner)
    wrapped = [
        number,
        (0xFFFF << 32) | number,
        (0xFFFF << 48) | number,
        (0x64FF9B << 96) | number,
        (0x2002 << 112) | (number << 80),
    ]
    for value in wrapped:
        assert kind_of(str(ipaddress.IPv6Address(value))) != PUBLIC
