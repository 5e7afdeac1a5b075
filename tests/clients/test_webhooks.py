"""Addresses given by users never lead inside: not by themselves, by their name, by a redirect or by a second answer."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from service import clock
from service.clients import webhooks
from service.clients.webhooks import Unreached, Unusable
from tests.simulators.webhooks import WebhookReceiver

LOOPBACK = [ip_network("127.0.0.0/8")]
INSIDE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.8.9.10",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]
OUTSIDE = ["1.1.1.1", "8.8.8.8", "100.63.255.255", "103.10.20.30", "172.32.0.1", "223.255.255.1", "2606:4700::1111"]
UNUSABLE = [
    "http://dashboard.luwukab.go.id/",
    "ftp://dashboard.luwukab.go.id/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "//dashboard.luwukab.go.id/",
    "dashboard.luwukab.go.id",
    "",
    "https://",
    "https:///hooks",
    "https://user@dashboard.luwukab.go.id/",
    "https://user:secret@dashboard.luwukab.go.id/",
    "https://@dashboard.luwukab.go.id/",
    "https://dashboard.luwukab.go.id\\@127.0.0.1/",
    "https://1.1.1.1:80@127.0.0.1/",
    "https://dashboard.luwukab.go.id/#x",
    "https://dashboard.luwukab.go.id/#",
    "https://dashboard.luwukab.go.id:0/",
    "https://dashboard.luwukab.go.id:65536/",
    "https://dashboard.luwukab.go.id:80:80/",
    "https://dashboard luwukab.go.id/",
    "https://dashboard.luwukab.go.id/\r\nX-Evil: 1",
    "https://dashboard.luwukab.go.id/\x00",
    "https://dashboard.luwukab.go.id/" + "x" * 2000,
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://0/",
    "https://127.0.0.1./",
    "https://localhost./",
    "https://127。0。0。1/",
    "https://１２７.0.0.1/",
    "https://①②⑦.0.0.1/",
    "https://%31%32%37.0.0.1/",
    "https://a..b/",
    "https://-a.b/",
    "https://[::1/",
    "https://[1.2.3.4]/",
    "https://[::1%25eth0]/",
    "https://[v1.x]/",
    "https://xn--a/",
]


def host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def names(answer: list[str]) -> Callable[[str, int], Awaitable[list[str]]]:
    """A resolver that answers this."""

    async def resolve(_name: str, _port: int) -> list[str]:
        return answer

    return resolve


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    async with WebhookReceiver() as running:
        yield running


@pytest.mark.parametrize("address", INSIDE)
async def test_an_address_inside_is_refused_and_so_is_a_name_that_leads_there(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not webhooks.reachable(ip_address(address))
    with pytest.raises(Unusable):
        webhooks.accepted(f"https://{host(address)}/hooks")
    with pytest.raises(Unreached, match="not allowed"):
        await webhooks.post(f"https://{host(address)}/hooks", b"{}", {})
    for answers in ([address], ["8.8.8.8", address], [address, "8.8.8.8"]):
        monkeypatch.setattr(webhooks, "resolve", names(answers))
        with pytest.raises(Unreached, match="nowhere or inside"):
            await webhooks.post("https://dashboard.luwukab.go.id/hooks", b"{}", {})


@pytest.mark.parametrize("address", OUTSIDE)
def test_a_public_address_is_accepted(address: str) -> None:
    assert webhooks.reachable(ip_address(address))
    assert webhooks.accepted(f"https://{host(address)}:8443/hooks?a=1").port == 8443


@pytest.mark.parametrize("url", UNUSABLE)
async def test_an_address_in_disguise_is_refused(url: str) -> None:
    with pytest.raises(Unusable):
        webhooks.accepted(url)
    with pytest.raises(Unreached, match="not allowed"):
        await webhooks.post(url, b"{}", {})


def test_names_of_other_scripts_and_unusual_ports_are_accepted() -> None:
    assert webhooks.accepted("https://münchen.example:8443/a?b=c").raw_host == b"xn--mnchen-3ya.example"
    assert webhooks.accepted("HTTPS://Dashboard.Luwukab.go.id").host == "dashboard.luwukab.go.id"


async def test_localhost_by_the_machines_own_resolver_is_refused() -> None:
    with pytest.raises(Unreached, match="nowhere or inside"):
        await webhooks.post("https://localhost:9/", b"{}", {})


async def test_a_network_that_was_allowed_is_reached_and_no_other(receiver: WebhookReceiver) -> None:
    reply = await webhooks.post(receiver.url, b"{}", {"webhook-id": "1"}, LOOPBACK)
    assert (reply.status, reply.body, receiver.ids) == (200, b"ok", ["1"])
    with pytest.raises(Unreached):
        await webhooks.post(receiver.url, b"{}", {}, [ip_network("10.0.0.0/8")])
    assert receiver.connections == 1


async def test_a_redirect_is_not_followed(receiver: WebhookReceiver) -> None:
    async with WebhookReceiver() as inner:
        receiver.mode, receiver.headers = 307, {"Location": inner.url}
        assert (await webhooks.post(receiver.url, b"{}", {}, LOOPBACK)).status == 307
        assert inner.connections == 0


async def test_a_name_that_answers_differently_the_second_time_is_asked_once(
    tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 127.0.0.2 stands for a public address here, 127.0.0.1 for one inside.
    async with WebhookReceiver(host="127.0.0.2", tls=tls) as outer, WebhookReceiver(port=outer.port, tls=tls) as inner:
        answers = ["127.0.0.2", "127.0.0.1", "127.0.0.1"]
        real = socket.getaddrinfo

        def rebinding(name: str | bytes, *rest: Any, **named: Any) -> Any:
            asked = name.decode() if isinstance(name, bytes) else name
            return real(answers.pop(0) if asked == "penerima.example" else name, *rest, **named)

        monkeypatch.setattr(socket, "getaddrinfo", rebinding)
        url = f"https://penerima.example:{outer.port}/"
        assert (await webhooks.post(url, b"{}", {}, [ip_network("127.0.0.2/32")])).status == 200
        assert (outer.connections, inner.connections, len(answers)) == (1, 0, 2)
        with pytest.raises(Unreached, match="nowhere or inside"):
            await webhooks.post(url, b"{}", {}, [ip_network("127.0.0.2/32")])
        assert (outer.connections, inner.connections, len(answers)) == (1, 0, 1)


async def test_the_connection_is_judged_even_if_the_names_addresses_were_not(
    receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unjudged(_target: object, _networks: object) -> list[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr(webhooks, "_judged", unjudged)
    with pytest.raises(Unreached, match="SSRFProtectionError"):
        await webhooks.post(f"https://dashboard.luwukab.go.id:{receiver.port}/", b"{}", {})
    assert receiver.connections == 0


async def test_proxies_of_the_environment_are_not_used(
    receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with WebhookReceiver() as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy.port}")
        await webhooks.post(receiver.url, b"{}", {}, LOOPBACK)
        assert (proxy.connections, receiver.connections) == (0, 1)


async def test_a_huge_answer_is_read_no_further_than_64_kib(receiver: WebhookReceiver) -> None:
    receiver.mode = "huge"
    reply = await webhooks.post(receiver.url, b"{}", {}, LOOPBACK)
    assert (reply.status, len(reply.body)) == (200, 65_536)
    assert receiver.sent_bytes < 64 * 1024 * 1024


@pytest.mark.parametrize("mode", ["hang", "garbage"])
async def test_what_does_not_answer_is_given_up(
    receiver: WebhookReceiver, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "SECONDS", 0.2)
    receiver.mode = mode
    with pytest.raises(Unreached) as refusal:
        await webhooks.post(receiver.url, b"{}", {}, LOOPBACK)
    assert "127.0.0.1" not in str(refusal.value)


async def test_a_name_that_hangs_is_given_up_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(_name: str, _port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(webhooks, "SECONDS", 0.1)
    monkeypatch.setattr(webhooks, "resolve", never)
    with pytest.raises(Unreached, match="no answer"):
        await webhooks.post("https://dashboard.luwukab.go.id/", b"{}", {})


async def test_an_address_that_takes_no_connection_gives_way_to_the_next(
    receiver: WebhookReceiver, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    await receiver.stop()
    receiver.tls = tls
    await receiver.start()
    monkeypatch.setattr(webhooks, "resolve", names(["127.0.0.99", "127.0.0.1"]))
    reply = await webhooks.post(f"https://penerima.example:{receiver.port}/a?b=1", b"{}", {}, LOOPBACK)
    assert reply.status == 200
    [one] = receiver.received
    assert (one.path, one.headers["host"]) == ("/a?b=1", f"penerima.example:{receiver.port}")


async def test_the_certificate_is_that_of_the_name_and_not_of_the_address(
    receiver: WebhookReceiver, tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    await receiver.stop()
    receiver.tls = tls
    await receiver.start()
    monkeypatch.setattr(webhooks, "resolve", names(["127.0.0.1"]))
    with pytest.raises(Unreached, match="certificate is not trusted"):
        await webhooks.post(f"https://lain.example:{receiver.port}/", b"{}", {}, LOOPBACK)
    assert receiver.received == []


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
    """A server's side of TLS for penerima.example, whose certificate the client trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "penerima.example")])
    now = clock.real_now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("penerima.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "penerima.pem"
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(certificate.public_bytes(pem) + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    webhooks._tls.cache_clear()
    yield context
    webhooks._tls.cache_clear()
