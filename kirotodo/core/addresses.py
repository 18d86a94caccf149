"""What a host is: this machine, one of the same private network, or anybody's; whatever spelling its number has."""

import ipaddress
import re
import socket
from typing import Final
from urllib.parse import urlsplit

Number = ipaddress.IPv4Address | ipaddress.IPv6Address

_PRIVATE: Final = tuple(
    ipaddress.ip_network(each)
    for each in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7", "fe80::/10")
)
"""Not 169.254.0.0/16, where clouds hand out the secrets of a machine, nor 100.64.0.0/10, which is the provider's."""
_METADATA: Final = frozenset({"fd00:ec2::254", "fd20:ce::254", "metadata.google.internal", "metadata"})
"""Where clouds do so inside of what is private else."""
_PRIVATE_NAMES: Final = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
_NUMERIC: Final = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)", re.IGNORECASE | re.ASCII)


class NoHost(ValueError):
    """The text cannot be the name or the number of a host."""


def canonical(host: str) -> str:
    """Return the host in one spelling: small letters, ASCII, numbers as they are usually written. Raises `NoHost`.

    Numbers are read as systems read them when they connect: 134744072, 0x8.0x8.0x8.0x8, 010.8.8.8 and 8.8.2056 are all
    8.8.8.8, and so are fullwidth digits.
    """
    if not host:
        raise NoHost(host)
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            raise NoHost(host) from None
    host = host.lower().removesuffix(".")
    if ":" in host:
        return str(_number6(host))
    if _NUMERIC.fullmatch(host.rpartition(".")[2]):
        return str(_number4(host))
    return host


def _number4(host: str) -> ipaddress.IPv4Address:
    parts = host.split(".")
    if len(parts) > 4 or not all(_NUMERIC.fullmatch(part) for part in parts):
        raise NoHost(host)
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        raise NoHost(host) from None


def _number6(host: str) -> Number:
    try:
        number = ipaddress.IPv6Address(host)
    except ValueError:
        raise NoHost(host) from None
    return number.ipv4_mapped or number


def number_of(host: str) -> Number | None:
    """Return the number that a host is written as, None for a name. Raises `NoHost`."""
    try:
        return ipaddress.ip_address(canonical(host))
    except NoHost:
        raise
    except ValueError:
        return None


def is_this_machine(host: str) -> bool:
    """Return whether what is sent there stays on this machine."""
    try:
        name, number = canonical(host), number_of(host)
    except NoHost:
        return False
    if number is None:
        return name == "localhost" or name.endswith(".localhost")
    return number.is_loopback or number.is_unspecified


def is_near(host: str) -> bool:
    """Return whether it is this machine or one of the same private network: a private number, a name without dots,
    or one of the names that private networks use."""
    try:
        name, number = canonical(host), number_of(host)
    except NoHost:
        return False
    if name.partition("%")[0] in _METADATA:
        return False
    if number is not None:
        return number.is_unspecified or any(number in network for network in _PRIVATE)
    return "." not in name or name.endswith(_PRIVATE_NAMES)


def host_of(url: str) -> str:
    """Return the host in a web address, "" where there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def mounts_for(url: str) -> dict[str, None] | None:
    """What an HTTP client for this address is given as `mounts`: none of the environment's proxies where the address is
    one of this machine, which a proxy would take for its own and be sent the tokens and keys for."""
    if not is_this_machine(host_of(url)):
        return None
    return {"http://": None, "https://": None, "all://": None}


def redis_address(text: str) -> str:
    """Return the address of a Redis or Valkey with the scheme that the client of both knows; hosts may be called
    `valkey` too."""
    return f"redis{text.removeprefix('valkey')}" if text.startswith("valkey") else text
