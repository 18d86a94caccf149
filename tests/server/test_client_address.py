"""Whose request it is, whatever is written into X-Forwarded-For: as limits, the log and the front end see it."""

import logging
from pathlib import Path

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirotodo.core.errors import ConfigError
from kirotodo.core.models.scripted import ScriptedModel
from kirotodo.core.settings import Settings
from kirotodo.server.app import create_app
from kirotodo.server.client_address import TrustedProxies
from tests.server.serving import NO_TLS, served, settings_in

ALB, CDN, CALLER, LIE = "10.0.1.7", "10.9.0.1", "203.0.113.9", "1.3.3.7"


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "found"),
    [
        (("10.0.0.0/16",), ALB, [f"{LIE}, {CALLER}"], CALLER),
        (("10.0.0.0/16", "10.9.0.1"), ALB, [f"{LIE}, {CALLER}, {CDN}"], CALLER),
        (("10.0.0.0/16", "10.9.0.1"), ALB, [f"{LIE}, {CALLER}", CDN], CALLER),
        (("10.0.0.0/8",), "192.0.2.1", [CALLER], "192.0.2.1"),
        (("10.0.0.0/8",), ALB, [f"10.0.0.1, {CDN}"], "10.0.0.1"),
        (("10.0.0.0/8",), "::ffff:10.0.1.7", [CALLER], CALLER),
        (("2001:db8::/32",), "2001:db8::1", ["[2001:db9::5]:443"], "2001:db9::5"),
        (("fe80::1",), "fe80::1%eth0", [CALLER], CALLER),
        (("10.0.0.0/8",), ALB, [f"{CALLER}:5123"], CALLER),
        (("10.0.0.0/8",), ALB, ["unknown"], ALB),
        (("10.0.0.0/8",), ALB, [f"{LIE}, _hidden"], ALB),
        (("10.0.0.0/8",), ALB, [f"{LIE}, unknown, {CDN}"], CDN),
        (("10.0.0.0/8",), ALB, ["", " , ,"], ALB),
        (("10.0.0.0/8",), ALB, ["x" * 10_000], ALB),
        (("10.0.0.0/8",), ALB, [], ALB),
        ((), ALB, [CALLER], ALB),
        (("*",), ALB, [f"{LIE}, {CALLER}"], CALLER),
        (("*",), "", [f"{LIE}, {CALLER}"], CALLER),
        (("1",), ALB, [f"{LIE}, {CALLER}"], CALLER),
        (("2",), ALB, [f"{LIE}, {CALLER}, {CDN}"], CALLER),
        (("0",), ALB, [CALLER], ALB),
    ],
)
def test_who_calls(proxies: tuple[str, ...], peer: str, forwarded: list[str], found: str) -> None:
    trusted = TrustedProxies.of(proxies)
    assert (trusted.client(peer, forwarded) if trusted.trusts(peer) else peer) == found


@given(lie=st.text(), proxies=st.sampled_from([("*",), ("1",), ("10.0.0.0/16",)]))
def test_whatever_a_caller_writes_the_proxy_has_the_last_word(lie: str, proxies: tuple[str, ...]) -> None:
    assert TrustedProxies.of(proxies).client(ALB, [lie, CALLER]) == CALLER
    assert TrustedProxies.of(proxies).client(ALB, [f"{lie}, {CALLER}"]) == CALLER


@pytest.mark.parametrize("proxies", [("*",), ("127.0.0.0/8",)])
async def test_limits_and_the_log_go_by_that_address(
    tmp_path: Path, proxies: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    settings = settings_in(tmp_path, rate_limit=5, forwarded_allow_ips=proxies)
    async with (
        served(create_app(settings, model=ScriptedModel())) as server,
        httpx2.AsyncClient(
            verify=NO_TLS, timeout=60, base_url=server.base_url, headers={"Authorization": "Bearer x"}
        ) as client,
    ):
        with caplog.at_level(logging.INFO, logger="kirotodo.access"):
            headers = [{"X-Forwarded-For": f"1.3.{number}.4, {CALLER}"} for number in range(8)]
            statuses = [(await client.get("/api/1/tasks", headers=each)).status_code for each in headers]
        neighbour = await client.get("/api/1/tasks", headers={"X-Forwarded-For": "203.0.113.10"})
    assert statuses == [401] * 5 + [429] * 3
    assert neighbour.status_code == 401
    ours = [record for record in caplog.records if record.name == "kirotodo.access"]
    assert {record.address for record in ours} == {CALLER}  # type: ignore[attr-defined]


@pytest.mark.parametrize("wrong", ["proxy.internal", "10.0.0.0/33", "1,10.0.0.1", "12", "-1", "*,10.0.0.1"])
def test_what_names_no_proxies_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, wrong: str) -> None:
    monkeypatch.setenv("KIROTODO_HOME", str(tmp_path))
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", wrong)
    with pytest.raises(ConfigError, match=r"FORWARDED_ALLOW_IPS.*such as 10\.0\.0\.0/8"):
        Settings.load()
