"""The tools that are compared: how each is installed, what is run against a server, and where it says what it found."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.peers import findings, spec
from tests.peers.spec import Owner

HERE = Path(__file__).parent
SCHEMATHESIS = str(Path(sys.executable).with_name("schemathesis"))
BEARER = "Authorization: Bearer sk_test_a"


@dataclass(frozen=True)
class Site:
    """Where one run takes place: its folder, the server, the npm packages, and the seed."""

    folder: Path
    owner: Owner
    target: str
    packages: Path
    seed: int

    def write(self, name: str, content: str | dict[str, Any]) -> str:
        """Put a file into the run's folder; its name."""
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=1)
        (self.folder / name).write_text(text, encoding="utf-8")
        return name

    def program(self, package: str, name: str) -> str:
        """A program of an npm package."""
        return str(self.packages / package / "node_modules" / ".bin" / name)


@dataclass(frozen=True)
class Tool:
    """A tool at one of its settings."""

    name: str
    commands: Callable[[Site], list[list[str]]]
    report: str
    read: Callable[[Path], set[str]]
    adapted: str
    package: str = ""
    ours: bool = False
    environment: Callable[[Site], dict[str, str]] = lambda site: {}


def _ours(profile: str) -> Callable[[Site], list[list[str]]]:
    def commands(site: Site) -> list[list[str]]:
        target = site.write("target.toml", site.target)
        options = ["--profile", profile, "--strict", "--seed", str(site.seed), "--report-dir", "."]
        return [[sys.executable, "-m", "conformance.cli", "check", "--target", target, *options]]

    return commands


def _schemathesis(*options: str) -> Callable[[Site], list[list[str]]]:
    def commands(site: Site) -> list[list[str]]:
        document = site.write("openapi.json", spec.fitted(site.owner))
        config = site.write("schemathesis.toml", (HERE / "schemathesis.toml").read_text(encoding="utf-8"))
        report = ["--report", "json", "--report-json-path", "report.json", "--seed", str(site.seed)]
        run = ["run", document, "--url", site.owner.url, "--header", BEARER]
        allowance = ["--rate-limit", "auto"] if site.owner.rate_limited else []
        if not site.owner.visible_at_once:
            allowance += ["--exclude-checks", "ensure_resource_availability"]
        return [[SCHEMATHESIS, "--config-file", config, *run, *report, *options, *allowance]]

    return commands


def _specmatic(resilience: bool) -> Callable[[Site], list[list[str]]]:
    def commands(site: Site) -> list[list[str]]:
        document = site.write("openapi.json", spec.for_specmatic(site.owner))
        if resilience:
            site.write("specmatic.yaml", (HERE / "specmatic.yaml").read_text(encoding="utf-8"))
        jar = str(site.packages / "specmatic" / "node_modules" / "specmatic" / "specmatic.jar")
        loopback = ["-Dhttps.proxyHost=127.0.0.1", "-Dhttps.proxyPort=9"]  # it is to call nobody else
        brief = [
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
        ]  # a run of seconds: compiling well takes longer than it saves
        where = [f"--testBaseURL={site.owner.url}", "--junitReportDir=junit"]
        return [["java", *brief, *loopback, "-jar", jar, "test", *where, "--lenient", document]]

    return commands


def _dredd(site: Site) -> list[list[str]]:
    document = site.write("openapi.json", spec.for_dredd(site.owner))
    options = ["--hookfiles", str(HERE / "dredd-hooks.js"), "--reporter", "xunit", "--output", "report.xml"]
    return [[site.program("dredd", "dredd"), document, site.owner.url, "--header", BEARER, *options]]


def _portman(site: Site) -> list[list[str]]:
    document = site.write("openapi.json", spec.for_portman(site.owner))
    config = site.write("portman.json", portman_config(site.owner))
    convert = ["--local", document, "--baseUrl", site.owner.url, "--includeTests", "true"]
    run = ["run", "collection.json", "--reporters", "json", "--reporter-json-export", "report.json"]
    return [
        [site.program("portman", "portman"), *convert, "--portmanConfigFile", config, "--output", "collection.json"],
        [site.program("portman", "newman"), *run],
    ]


def portman_config(owner: Owner) -> str:
    """Portman's configuration with the statuses that this server uses, where several are right."""
    text = json.dumps(yaml.safe_load((HERE / "portman.yaml").read_text(encoding="utf-8")), ensure_ascii=False)
    used = {
        "SENT": owner.sent_status,
        "INVALID": owner.invalid_status,
        "UNKNOWN": owner.unknown_conversation_status,
    }
    return re.sub(r'"(SENT|INVALID|UNKNOWN)"', lambda match: f'"{used[match[1]]}"', text)


def _statuses(site: Site) -> dict[str, str]:
    return {
        "PEER_INVALID_STATUS": str(site.owner.invalid_status),
        "PEER_UNKNOWN_CONVERSATION_STATUS": str(site.owner.unknown_conversation_status),
    }


def _bearer(site: Site) -> dict[str, str]:
    return {"bearer": "sk_test_a"}


_FITTED = "the 3.1 document, fitted"
TOOLS = (
    Tool("ours, quick", _ours("quick"), "report.json", findings.of_ours, "a target file", ours=True),
    Tool("ours, standard", _ours("standard"), "report.json", findings.of_ours, "a target file", ours=True),
    Tool("schemathesis, default", _schemathesis(), "report.json", findings.of_schemathesis, _FITTED),
    Tool(
        "schemathesis, deep",
        _schemathesis("--max-examples", "300", "--continue-on-failure"),
        "report.json",
        findings.of_schemathesis,
        f"{_FITTED}; 300 examples, continues on failure",
    ),
    Tool(
        "Specmatic",
        _specmatic(resilience=False),
        "junit/TEST-junit-jupiter.xml",
        findings.of_specmatic,
        "a 3.0 copy: no if/then, no ranges of statuses, no images",
        "specmatic",
        environment=_bearer,
    ),
    Tool(
        "Specmatic, resilience",
        _specmatic(resilience=True),
        "junit/TEST-junit-jupiter.xml",
        findings.of_specmatic,
        "the same, with its generated resiliency tests",
        "specmatic",
        environment=_bearer,
    ),
    Tool(
        "Dredd",
        _dredd,
        "report.xml",
        findings.of_dredd,
        "a 3.0 copy; hooks bring the documented errors about",
        "dredd",
        environment=_statuses,
    ),
    Tool(
        "Portman, Newman",
        _portman,
        "report.json",
        findings.of_newman,
        "the 3.1 document without if/then; variations, fuzzing and content checks configured",
        "portman",
    ),
)
# Portman needs tslib, and does not say so.
PACKAGES = {"specmatic": ("specmatic",), "dredd": ("dredd",), "portman": ("@apideck/portman", "newman", "tslib")}


def pins() -> dict[str, str]:
    """The versions of the npm packages that are compared with."""
    return json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]


def install(package: str, root: Path) -> str:
    """Install a peer in a folder of its own, unless it is there; why it could not be, or nothing."""
    if shutil.which("npm") is None or (package == "specmatic" and shutil.which("java") is None):
        return "needs npm, and Specmatic java, too"
    folder = root / package
    wanted = [f"{name}@{pins()[name]}" for name in PACKAGES[package]]
    stamp = folder / "installed.json"
    if stamp.is_file() and json.loads(stamp.read_text(encoding="utf-8")) == wanted:
        return ""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
    flags = ["--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(["npm", "install", *flags, *wanted], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        return " ".join(done.stderr.split())[:300]
    stamp.write_text(json.dumps(wanted), encoding="utf-8")
    return ""
