"""Webhooks out: one POST to an address that somebody gave us and that must not lead inside.

The name is resolved once, all its addresses are judged, and the connection goes to one of those: a name that answers
differently the second time (rebinding) is not asked a second time. httpx-secure judges the connection itself once more.
Redirects are not followed and no proxy of the environment is used, for both would choose an address in our place.
"""

import asyncio
import hmac
import re
import socket
import ssl
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx
from httpx_secure import httpx_ssrf_protection

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

SECONDS = 15.0
MOST_READ = 65_536
LONGEST_URL = 2000
_ADDRESSES_TRIED = 3

# Spelled out, because what Python calls global differs between its versions and includes 6to4, NAT64 and multicast.
_INSIDE_4 = [
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's metadata at a public address
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
]
_OUTSIDE_6 = IPv6Network("2000::/3")
# Protocols of the IETF (Teredo among them), documentation, 6to4.
_INSIDE_6 = [IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
# A last label that is a number makes an IPv4 address of the whole name: 2130706433, 0x7f.1, 127.1.
_NAME = re.compile(rf"(?=.{{1,253}}$)(?:{_LABEL}\.)*(?!(?:\d+|0x[0-9a-f]*)$){_LABEL}")


class Unusable(ValueError):
    """An address that no webhook can have."""


class Unreached(Exception):
    """There was no answer. Says why, without the address."""


@dataclass(frozen=True)
class Reply:
    """What came back: at most MOST_READ bytes of the body, and after how many seconds to come again."""

    status: int
    body: bytes
    retry_after: int | None


def accepted(url: str, networks: Sequence[Network] = ()) -> httpx.URL:
    """The address, read by the parser that will also send. Raises Unusable.

    https with a name or a public IP address; http too inside `networks` (CIDR) when it is an IP address. No user, no
    password, no fragment.
    """
    if len(url) > LONGEST_URL or not url.isprintable() or re.search(r"[\s\\]", url):
        raise Unusable("too long, or has characters that an address cannot have")
    try:
        parsed = httpx.URL(url)
        address = _literal(parsed.host)
    except (httpx.InvalidURL, UnicodeError) as unreadable:
        raise Unusable("not an address") from unreadable
    if "@" in url.split("//", 1)[-1].split("/", 1)[0] or "#" in url:
        raise Unusable("has a user, a password or a fragment")
    inside = address is not None and _within(address, networks)
    if parsed.scheme != "https" and not (parsed.scheme == "http" and inside):
        raise Unusable("not https")
    host = parsed.raw_host.decode("ascii")
    if not (reachable(address, networks) if address else _NAME.fullmatch(host)) or parsed.port == 0:
        raise Unusable("leads nowhere or inside")
    if parsed.port is not None and parsed.port > 65_535:
        raise Unusable("no such port")
    return parsed


def reachable(address: Address, networks: Sequence[Network] = ()) -> bool:
    """Whether webhooks may go there: a public unicast address, or one within `networks` (CIDR)."""
    if _within(address, networks):
        return True
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _INSIDE_4)
    return address in _OUTSIDE_6 and address.scope_id is None and not any(address in network for network in _INSIDE_6)


def signatures(keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header (Standard Webhooks): one HMAC-SHA256 per key."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join("v1," + b64encode(hmac.digest(key, signed, "sha256")).decode("ascii") for key in keys)


async def post(url: str, body: bytes, headers: Mapping[str, str], networks: Sequence[Network] = ()) -> Reply:
    """Sends `body` and reads the beginning of the answer, all within SECONDS. Raises Unreached."""
    try:
        async with asyncio.timeout(SECONDS):
            target = accepted(url, networks)
            addresses = await _judged(target, networks)
            return await _send(target, addresses, body, headers, networks)
    except Unusable:
        raise Unreached("the address is not allowed") from None
    except (TimeoutError, httpx.TimeoutException):
        raise Unreached(f"no answer within {SECONDS:g} seconds") from None
    except httpx.HTTPError as failure:
        untrusted = "CERTIFICATE" in str(failure)
        raise Unreached("its certificate is not trusted" if untrusted else type(failure).__name__) from None


async def resolve(host: str, port: int) -> list[str]:
    """All IP addresses of a name, by the machine's resolver. Raises OSError, UnicodeError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for _family, _type, _protocol, _name, sockaddr in found]


async def _judged(target: httpx.URL, networks: Sequence[Network]) -> list[str]:
    host = target.raw_host.decode("ascii")
    literal = _literal(host)
    try:
        found = [str(literal)] if literal else await resolve(host, target.port or 443)
    except (OSError, UnicodeError):
        raise Unreached("its name is not known") from None
    # One address inside condemns the name: an honest one has none.
    if not found or not all(reachable(ip_address(address), networks) for address in found):
        raise Unreached("its name leads nowhere or inside")
    return list(dict.fromkeys(found))[:_ADDRESSES_TRIED]


async def _send(
    target: httpx.URL, addresses: Sequence[str], body: bytes, headers: Mapping[str, str], networks: Sequence[Network]
) -> Reply:
    host = target.raw_host.decode("ascii")
    # Asked for as it is, and read as it comes: a small answer cannot unfold into a large one.
    headers = {"Host": target.netloc.decode("ascii"), "Accept-Encoding": "identity"} | dict(headers)
    async with _client(networks) as client:
        for address in addresses:
            request = client.build_request(
                "POST",
                target.copy_with(host=address),
                content=body,
                headers=headers,
                extensions={"sni_hostname": host},
            )
            try:
                answer = await client.send(request, stream=True)
            except httpx.ConnectError:
                # Nothing was sent yet.
                if address == addresses[-1]:
                    raise
                continue
            try:
                return Reply(answer.status_code, await _beginning(answer), _retry_after(answer))
            finally:
                await answer.aclose()
    raise Unreached("its name leads nowhere or inside")


def _client(networks: Sequence[Network]) -> httpx.AsyncClient:
    client = httpx.AsyncClient(verify=_tls(), timeout=SECONDS, follow_redirects=False, trust_env=False)

    def judge(_host: str, address: Address, _port: int) -> bool:
        return reachable(address, networks)

    return httpx_ssrf_protection(client, check_globally_reachable=False, custom_validator=judge)


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


async def _beginning(answer: httpx.Response) -> bytes:
    content = b""
    async for chunk in answer.aiter_raw():
        content += chunk
        if len(content) >= MOST_READ:
            break
    return content[:MOST_READ]


def _retry_after(answer: httpx.Response) -> int | None:
    header = answer.headers.get("retry-after", "").strip()
    return int(header) if re.fullmatch(r"[0-9]{1,9}", header) else None


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
