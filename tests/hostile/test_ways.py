"""The ways to a target: TLS, a proxy, IPv6, and the redirect that would lead the key away."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from conformance.reference import Running
from conformance.report import ctrf, html, merge
from tests.hostile.runs import PATIENT, check, hold
from tests.hostile.wires import Ask, Hostile, Wire


def _sound(ask: Ask, wire: Wire) -> None:
    ask.path = ask.path.removeprefix("http://target.invalid")
    wire.reply(*ask.sound(), head_only=ask.method == "HEAD")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody vouches for, with its key in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl here")
    folder = tmp_path_factory.mktemp("tls")
    words = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(
        [*words.split(), "-keyout", "key.pem", "-out", "cert.pem"], cwd=folder, check=True, capture_output=True
    )
    both = folder / "both.pem"
    both.write_text((folder / "cert.pem").read_text() + (folder / "key.pem").read_text())
    return both


def _secure(certificate: Path, reference: Running, client: bool = False) -> Hostile:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(certificate.parent / "cert.pem")
    return Hostile(_sound, reference.base_url, context)


@pytest.mark.parametrize("way", ["none", "bundle", "insecure", "file"])
def test_a_certificate_is_checked(way: str, certificate: Path, reference: Running, tmp_path: Path) -> None:
    """Unless somebody vouches for it, or for nothing: then the report says so."""
    server = _secure(certificate, reference)
    bundle = certificate.parent / "cert.pem"
    words = {"bundle": ("--ca-bundle", str(bundle)), "insecure": ("--insecure",)}.get(way, ())
    ran = check(server.url, tmp_path, *PATIENT, *words, lines=(f'ca_bundle = "{bundle}"',) if way == "file" else ())
    server.end()

    hold(ran)
    assert ran.code == (3 if way == "none" else 0), ran.out
    assert ("not trusted" in ran.out) is (way == "none")
    assert bool(ran.report.get("x-warnings")) is (way == "insecure")
    assert ("--insecure" in ran.out) is (way in ("none", "insecure"))
    if way == "insecure":
        found = ran.report
        joined = merge.merge([found, {**found, "started_at": "2020-01-01T00:00:00Z"}])
        junit = (tmp_path / "report" / "junit.xml").read_text()
        for text in (junit, html.render(found), ctrf.render(found), json.dumps(joined)):
            assert "--insecure" in text
        assert "insecure" in (tmp_path / "report" / "allure-results" / "environment.properties").read_text()


@pytest.mark.parametrize("shown", [True, False])
def test_a_certificate_of_ours_is_shown(shown: bool, certificate: Path, reference: Running, tmp_path: Path) -> None:
    """To a target that wants one."""
    server = _secure(certificate, reference, client=True)
    words = ("--client-cert", str(certificate)) if shown else ()
    ran = check(server.url, tmp_path, *PATIENT, "--ca-bundle", str(certificate.parent / "cert.pem"), *words)
    server.end()

    hold(ran)
    assert ran.code == (0 if shown else 3), ran.out


def test_a_port_without_tls_is_told(reference: Running, tmp_path: Path) -> None:
    """It is not the target's certificate that is wrong there."""
    server = Hostile(_sound, reference.base_url)
    ran = check(server.url.replace("http", "https"), tmp_path)
    server.end()

    assert ran.code == 3
    assert "TLS failed" in ran.out or "no connection in time" in ran.out


@pytest.mark.parametrize(
    "words", [("--ca-bundle", "missing.pem"), ("--client-cert", "missing.pem"), ("--timeout", "nan"),
                                   ("--max-time", "0"), ("--max-body", "0")])  # fmt: skip
def test_what_cannot_be_used_is_wrong_usage(words: tuple[str, str], tmp_path: Path) -> None:
    """And no request is made."""
    ran = check("https://127.0.0.1:9", tmp_path, *words)
    assert ran.code == 2, ran.err
    assert "Traceback" not in ran.err


def test_a_proxy_of_the_environment_is_used(reference: Running, tmp_path: Path) -> None:
    """As other programs do."""
    server = Hostile(_sound, reference.base_url)
    ran = check("http://target.invalid", tmp_path, *PATIENT, HTTP_PROXY=server.url, http_proxy=server.url)
    server.end()

    hold(ran)
    assert ran.code == 0, ran.out
    assert server.asked > 40


def test_ipv6_is_a_way_like_another(reference: Running, tmp_path: Path) -> None:
    """The address stands in brackets."""
    try:
        server = Hostile(_sound, reference.base_url, host="::1")
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    ran = check(server.url, tmp_path, *PATIENT)
    server.end()

    hold(ran)
    assert ran.code == 0, ran.out


def test_a_redirect_does_not_lead_the_key_away(reference: Running, tmp_path: Path) -> None:
    """Nobody hears of it at the place that a redirect names."""
    elsewhere = Hostile(_sound, reference.base_url)

    def redirect(ask: Ask, wire: Wire) -> None:
        wire.reply(302, [("Location", elsewhere.url + ask.path)], b"")

    server = Hostile(redirect, reference.base_url)
    ran = check(server.url, tmp_path)
    for each in (server, elsewhere):
        each.end()

    hold(ran)
    assert elsewhere.asked == 0


def test_nobody_listens(tmp_path: Path) -> None:
    """A port that refuses ends the run at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ran = check(f"http://127.0.0.1:{port}", tmp_path)

    hold(ran)
    assert ran.code == 3
    assert "refused" in ran.out
    assert ran.seconds < 8
