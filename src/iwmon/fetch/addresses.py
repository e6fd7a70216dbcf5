"""Which IP addresses a news source may be on: the table behind iwmon's refusal of inner networks.

Python's `ipaddress.is_global` says yes to NAT64, 6to4 and IPv4-compatible addresses, which carry a private
IPv4 address inside, and its answers change between versions; so the table is written out here. For IPv6 it
is an allow-list (2000::/3 is all that has been given out), for IPv4 a deny-list. Sources: the IANA
special-purpose address registries (RFC 6890 and its followers).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

PUBLIC = "public"
INNER = frozenset({"loopback", "private"})  # what `allow_private` permits, and nothing beyond it

_IPV4: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(network), kind)
    for network, kind in (
        ("127.0.0.0/8", "loopback"),
        ("10.0.0.0/8", "private"),
        ("172.16.0.0/12", "private"),
        ("192.168.0.0/16", "private"),
        ("100.64.0.0/10", "private"),  # carrier-grade NAT, and overlay networks
        ("169.254.0.0/16", "link-local"),  # cloud metadata too
        ("168.63.129.16/32", "reserved"),  # a cloud's host agent, on a public-looking address
        ("0.0.0.0/8", "reserved"),  # "this host": connects to loopback
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "reserved"),
        ("192.88.99.0/24", "reserved"),
        ("198.18.0.0/15", "reserved"),
        ("198.51.100.0/24", "reserved"),
        ("203.0.113.0/24", "reserved"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)

_IPV6_GIVEN_OUT = IPv6Network("2000::/3")
_IPV6: tuple[tuple[IPv6Network, str], ...] = tuple(
    (IPv6Network(network), kind)
    for network, kind in (
        ("::1/128", "loopback"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
        ("::ffff:0:0:0/96", "translated"),
        ("64:ff9b::/96", "translated"),
        ("64:ff9b:1::/48", "translated"),
        ("2002::/16", "translated"),  # 6to4
        ("2001::/23", "reserved"),  # Teredo, ORCHID and other protocol assignments
        ("2001:db8::/32", "reserved"),
        ("3fff::/20", "reserved"),
    )
)


def kind_of(address: str) -> str:
    """`PUBLIC`, or the word for why an IP address is not: "loopback", "private", "link-local", ….

    An IPv4-mapped address (::ffff:a.b.c.d) is what the address inside it is, except that a mapped public
    address is "mapped": no honest name resolves to one. Text that is no IP address is "unreadable".
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unreadable"
    if isinstance(parsed, IPv4Address):
        return _kind_of_ipv4(parsed)
    inner = parsed.ipv4_mapped
    if inner is not None:
        kind = _kind_of_ipv4(inner)
        return "mapped" if kind == PUBLIC else kind
    return _kind_of_ipv6(parsed)


def permitted(address: str, *, allow_private: bool) -> bool:
    """Whether a source may be dialled at this address; `allow_private` adds loopback and private ones."""
    kind = kind_of(address)
    return kind == PUBLIC or (allow_private and kind in INNER)


def _kind_of_ipv4(address: IPv4Address) -> str:
    return next((kind for network, kind in _IPV4 if address in network), PUBLIC)


def _kind_of_ipv6(address: IPv6Address) -> str:
    kind = next((kind for network, kind in _IPV6 if address in network), PUBLIC)
    return "reserved" if kind == PUBLIC and address not in _IPV6_GIVEN_OUT else kind
