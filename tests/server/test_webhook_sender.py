"""What the server sends to addresses of users: how it is signed, and where it never goes."""

import base64
import hashlib
import hmac
import ipaddress
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest

from kirotodo.core.errors import ConfigError, InvalidInput
from kirotodo.core.settings import Settings
from kirotodo.server.webhook_sender import (
    Delivery,
    WebhookSender,
    check_secret,
    check_url,
    is_public,
    new_secret,
    signed_headers,
)
from tests.server.http_sink import HttpSink, http_sink

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


@pytest.fixture
async def sink() -> AsyncIterator[HttpSink]:
    async with http_sink() as listening:
        yield listening


@pytest.fixture
async def sender() -> AsyncIterator[WebhookSender]:
    async with WebhookSender(clock=lambda: NOW, private=("127.0.0.0/8",)) as made:
        yield made


def test_a_signature_is_that_of_the_specification() -> None:
    """The example of https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md."""
    headers = signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        now=datetime.fromtimestamp(1614265330, UTC),
        body=b'{"test": 2432232314}',
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


async def test_a_receiver_can_verify_what_it_gets(sender: WebhookSender, sink: HttpSink) -> None:
    secret = new_secret()
    done = await sender.send_signed(f"{sink.url}/hook?a=1", secret=secret, message_id="m1", body=b'{"a":1}')
    assert done == Delivery(outcome="accepted", status=200)
    [got] = sink.received
    assert (got.method, got.path, got.body) == ("POST", "/hook?a=1", b'{"a":1}')
    assert got.headers["host"] == f"127.0.0.1:{sink.port}"
    assert got.headers["content-type"] == "application/json"
    signed = b".".join((got.headers["webhook-id"].encode(), got.headers["webhook-timestamp"].encode(), got.body))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert got.headers["webhook-signature"] == f"v1,{expected}"


@pytest.mark.parametrize(
    ("status", "outcome"), [(204, "accepted"), (301, "refused"), (410, "refused"), (500, "refused")]
)
async def test_only_a_status_of_the_two_hundreds_accepts(
    sender: WebhookSender, sink: HttpSink, status: int, outcome: str
) -> None:
    sink.status, sink.extra = status, (f"Location: {sink.url}/elsewhere",)
    done = await sender.send(sink.url, body=b"", headers={})
    assert (done.outcome, done.status) == (outcome, status)
    assert [each.path for each in sink.received] == ["/"]  # no redirect was followed


async def test_nobody_there_is_a_failure(sender: WebhookSender) -> None:
    async with http_sink() as gone:
        url = gone.url
    done = await sender.send(url, body=b"", headers={})
    assert (done.outcome, done.status) == ("failed", None)


@pytest.mark.parametrize(
    "number",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "2002:7f00:1::", "2002:a9fe:a9fe::", "64:ff9b::a00:1"),
    ],
)
async def test_an_address_that_is_not_public_is_never_reached(number: str) -> None:
    asked: list[str] = []

    async def answer(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ("8.8.8.8", number)  # one of several is enough

    assert not is_public(ipaddress.ip_address(number))
    async with WebhookSender(clock=lambda: NOW, resolve=answer) as sender:
        done = await sender.send("http://hooks.example/", body=b"", headers={})
    assert done == Delivery(outcome="failed", detail="Its address isn't public, so nothing was sent there.")
    assert asked == ["hooks.example"]


@pytest.mark.parametrize("number", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses(number: str) -> None:
    assert is_public(ipaddress.ip_address(number))


async def test_the_number_that_was_checked_is_the_one_reached(sink: HttpSink) -> None:
    """A name that answers with another number the second time is not asked a second time."""
    answers = iter([("127.0.0.1",), ("127.0.0.2",)])

    async def rebinding(host: str, port: int) -> Sequence[str]:
        return next(answers)

    async with WebhookSender(clock=lambda: NOW, private=("127.0.0.1/32",), resolve=rebinding) as sender:
        url = f"http://hooks.example:{sink.port}/"
        assert (await sender.send(url, body=b"", headers={})).outcome == "accepted"
        assert (await sender.send(url, body=b"", headers={})).outcome == "failed"
    assert [each.headers["host"] for each in sink.received] == [f"hooks.example:{sink.port}"]


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_no_spelling_of_this_machine_is_reached(host: str, sink: HttpSink) -> None:
    async with WebhookSender(clock=lambda: NOW) as sender:
        done = await sender.send(f"http://{host}:{sink.port}/", body=b"", headers={})
    assert done.outcome == "failed"
    assert not sink.received


@pytest.mark.parametrize(
    "url",
    ["", "hooks.example", "ftp://a.example/", "file:///etc/passwd", "http://", "http://a:b@c.example/", "http://a b/",
     "https://a.example:99999/", "https://a.example/" + "x" * 2_000, "gopher://a.example"],
)  # fmt: skip
def test_an_address_that_cannot_be_sent_to_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="isn't an address to send to"):
        check_url(url)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_YQ==", "whsec_not base64!", "whsec_" + "A" * 100])
def test_a_weak_secret_is_refused(secret: str) -> None:
    with pytest.raises(InvalidInput, match="24 to 64 bytes"):
        check_secret(secret)


def test_a_new_secret_is_a_good_one() -> None:
    check_secret(new_secret())
    assert new_secret() != new_secret()


def test_networks_that_may_be_reached_are_checked_when_settings_are_read() -> None:
    assert Settings(webhook_private_networks="10.0.0.0/8, ::1").webhook_private_networks == ("10.0.0.0/8", "::1")
    with pytest.raises(ConfigError, match="WEBHOOK_PRIVATE_NETWORKS"):
        Settings(webhook_private_networks="everybody")
