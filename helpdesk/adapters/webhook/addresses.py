"""Which addresses a webhook may have. Whatever is not plainly a public web address is refused.

An operator types a URL and our machine opens it: without this, whoever takes over an operator's account could make the
worker ask things of machines that only it can reach (server-side request forgery).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from helpdesk.adapters.webhook import Forbidden

IP = ipaddress.IPv4Address | ipaddress.IPv6Address

LONGEST = 500
# Visible ASCII, without backslash: parsers differ about the rest, and "１２７" is 127 to some.
_PLAIN = re.compile(r"[\x21-\x5b\x5d-\x7e]+", re.ASCII)
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
# At least two labels, the last one with a letter first: no number is a name, in whatever spelling (0x7f.1, 2130706433).
_NAME = re.compile(rf"(?:{_LABEL}\.)+(?=[a-z]){_LABEL}", re.ASCII)

# Beyond what `ipaddress` calls not global, whose tables differ between versions of Python.
_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "3fff::/20",
    )
)  # fmt: skip
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True)
class Target:
    """An address taken apart."""

    host: str
    port: int
    path: str
    is_tls: bool


def read(url: str, *, ports: Collection[int] = (443, 8443), local: bool = False) -> Target:
    """Take an address apart. Raises Forbidden: url_form, url_scheme, url_person, url_host or url_port.

    `local` is for development and tests: http, and `localhost`, are addresses then.
    """
    if len(url) > LONGEST or not _PLAIN.fullmatch(url):
        raise Forbidden("url_form")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Forbidden("url_form") from None
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise Forbidden("url_scheme")
    if "@" in parts.netloc:
        raise Forbidden("url_person")
    if parts.fragment or not parts.hostname:
        raise Forbidden("url_form")
    host = parts.hostname.lower()
    if len(host) > 253 or not (_NAME.fullmatch(host) or (local and host == "localhost")):
        raise Forbidden("url_host")
    if host.rpartition(".")[2] in ("localhost", "local", "internal", "localdomain", "arpa") and not local:
        raise Forbidden("url_host")
    port = port if port is not None else (443 if parts.scheme == "https" else 80)
    if port not in ports:
        raise Forbidden("url_port")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(host, port, path, parts.scheme == "https")


def is_public(address: str, *, local: bool = False) -> bool:
    """Whether an IP address is one of the public internet, also when it hides an IPv4 address in an IPv6 one."""
    try:
        ip: IP = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if local and ip.is_loopback:
        return True
    return all(_is_public(form) for form in _forms(ip))


def _is_public(ip: IP) -> bool:
    if ip.version == 6 and ip not in _GLOBAL_V6:
        return False
    if any(ip.version == net.version and ip in net for net in _NEVER):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _forms(ip: IP) -> tuple[IP, ...]:
    """The address itself, or the IPv4 address in it where it is only a wrapping (mapped, 6to4, NAT64)."""
    if isinstance(ip, ipaddress.IPv4Address):
        return (ip,)
    if ip.ipv4_mapped is not None:
        return (ip.ipv4_mapped,)
    if ip.sixtofour is not None:
        return (ip, ip.sixtofour)
    if ip in _NAT64:
        return (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF),)
    return (ip,)
