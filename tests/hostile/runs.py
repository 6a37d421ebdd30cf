"""A run of the real command against a server, in a process of its own, with limits; and what every run must hold."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.report import compare, ctrf, diff, document, markdown
from tests.hostile.corps.words import spellings
from tests.hostile.wires import KEY

ROOT = Path(__file__).parents[2]
MEMORY_MB, OUTPUT_MB = 500, 40
CONVERSATIONS = (
    "conv_8xk2m:whatsapp:read",
    "conv_web1:webchat:delivered",
    "conv_mail1:email:failed",
    "conv_quiet:whatsapp:",
)
ACTS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]|^\s*::|##\w*\[", re.MULTILINE)

PATIENT = ("--timeout", "10", "--max-time", "90")
"""For what is right, however busy the machine is."""


@dataclass
class Ran:
    """What came of a run."""

    code: int
    out: str
    err: str
    folder: Path
    seconds: float
    megabytes: int

    @property
    def report(self) -> dict[str, Any]:
        """The report, which is there and valid."""
        return document.read(self.folder / "report")

    def outcome(self, requirement: str) -> dict[str, Any]:
        """The row of a requirement."""
        return next(row for row in self.report["requirements"] if row["id"] == requirement)


def target_file(folder: Path, url: str, *lines: str) -> Path:
    """A target file for a server in front of the reference; the key is in the environment."""
    rows = [f'base_url = "{url}"', "settle_seconds = 1.0", *lines]
    for name, channel, outcome in (each.split(":") for each in CONVERSATIONS):
        rows += [
            "[[conversations]]",
            f'id = "{name}"',
            f'channel = "{channel}"',
            *([f'outcome = "{outcome}"'] if outcome else []),
        ]
    file = folder / "target.toml"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


def command(url: str, folder: Path, *words: str, lines: tuple[str, ...] = ()) -> list[str]:
    """The command line of a quick check with little patience."""
    limits = ["--timeout", "0.5", "--max-time", "15", "--max-body", "2000000", "--profile", "quick"]
    file = target_file(folder, url, *lines)
    head = [
        sys.executable,
        "-m",
        "conformance.cli",
        "check",
        "--target",
        str(file),
        "--report-dir",
        str(folder / "report"),
    ]
    return [*head, *limits, *words]


def environment(**more: str) -> dict[str, str]:
    """The environment of a run: the key, and nothing that would send it another way."""
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return {**kept, "MESSAGES_API_KEY": KEY, "PYTHONPATH": str(ROOT), **more}


def check(url: str, folder: Path, *words: str, lines: tuple[str, ...] = (), limits: Any = None, **more: str) -> Ran:
    """Run the command; what it wrote stays in the folder."""
    began = time.monotonic()
    with (folder / "out.txt").open("wb") as out, (folder / "err.txt").open("wb") as err:
        process = subprocess.Popen(
            command(url, folder, *words, lines=lines),
            cwd=folder,
            env=environment(**more),
            stdout=out,
            stderr=err,
            preexec_fn=limits,
        )
        _, status, usage = _wait(process, 120)
    texts = [(folder / name).read_text("utf-8") for name in ("out.txt", "err.txt")]
    code = os.waitstatus_to_exitcode(status)
    return Ran(code, *texts, folder, time.monotonic() - began, usage.ru_maxrss // 1024)


def _wait(process: subprocess.Popen[bytes], seconds: float) -> tuple[int, int, resource.struct_rusage]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = status
            return pid, status, usage
        time.sleep(0.02)
    process.kill()
    raise AssertionError(f"still running after {seconds} s")


def hold(ran: Ran) -> None:
    """What holds of every run, whatever the target said: in order, in bounds, harmless, and without the key."""
    assert "Traceback" not in ran.out + ran.err
    assert ran.code in (0, 1, 3), ran.err
    assert ran.megabytes < MEMORY_MB
    assert not ACTS.search(ran.out), ACTS.search(ran.out)
    assert not ACTS.search(ran.err), ran.err
    found = ran.report
    assert ran.code == {"conformant": 0, "non-conformant": 1, "inconclusive": 3}[found["verdict"]]
    ElementTree.parse(ran.folder / "report" / "junit.xml")
    for file in (ran.folder / "report" / "allure-results").glob("*.json"):
        json.loads(file.read_text("utf-8"))
    page = (ran.folder / "report" / "index.html").read_text("utf-8")
    assert "<script>alert" not in page
    assert "onerror=alert(1)>" not in page
    for told in forms(found):
        assert not ACTS.search(told), (told[:20], ACTS.search(told))
    for form in spellings(KEY)[:5]:
        assert form not in "".join((*forms(found), ctrf.render(found)))
    assert {each.name for each in ran.folder.iterdir()} <= {
        "report",
        "target.toml",
        "out.txt",
        "err.txt",
        ".messages-conformance",
    }
    no_canary(ran.folder)


def forms(found: dict[str, Any]) -> list[str]:
    """The report in the other forms that people and CI read as text; CTRF is data, as report.json is."""
    compared = compare.compare([found, found])
    return [
        markdown.render(found),
        compare.to_markdown(compared),
        diff.render(diff.compare(found, found)),
    ]


def no_canary(folder: Path) -> None:
    """No byte that a run wrote tells the key, in any form."""
    size = 0
    for file in (each for each in folder.rglob("*") if each.is_file()):
        data = file.read_bytes()
        size += len(data)
        for form in spellings(KEY):
            if form != spellings(KEY)[5]:  # what base64 makes of its neighbours is not the key's
                assert form.encode() not in data, (file, form)
                assert json.dumps(form)[1:-1].encode() not in data, (file, form)
        assert b"Canary" not in data, (file, data[max(0, data.find(b"Canary") - 80) :][:160])
    assert size < OUTPUT_MB * 2**20
