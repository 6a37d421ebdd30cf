"""`python -m tests.programs.scripts`: the scripts of what drawn programs find fail on the fault, and only there.

For each fault a session with the drivers of `test_properties` alone, as anybody runs it, writes its reports. Each script
that stands there then asks a fresh server with the fault, and fresh ones that are correct; where such a one needs time
until a send can be read, the script is told so as a session tells it: by the window that the target declares.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CORRECT = ("reference", "oldest-first+busy", "eventually-visible")
"""Correct servers that a script must let pass: the variants of each."""
KEYS = {"MESSAGES_API_KEY": "sk_test_a", "PUBLISHABLE_KEY": "pk_test_a", "OTHER_ACCOUNT_KEY": "sk_test_b"}
SHELL = shutil.which("dash") or shutil.which("sh") or "sh"
TIMEOUT = 300


@dataclass(frozen=True)
class Answer:
    """What a script said of a server."""

    fault: str
    script: str
    server: str
    code: int
    told: str
    seconds: float

    @property
    def requirement(self) -> str:
        """What the script is about."""
        return self.script.rpartition(".")[0]

    @property
    def is_right(self) -> bool:
        """Whether it failed where the fault is, and passed where it is not.

        What else a fault leads to need not show each time.
        """
        from conformance.reference import FAULTS

        if self.server == "fault":
            return self.code == 1 or (self.code == 0 and self.requirement not in FAULTS[self.fault].violates)
        return self.code == 0


def outcome(script: Path, base_url: str, **keys: str) -> subprocess.CompletedProcess[str]:
    """What a script says of a server."""
    command = [sys.executable, str(script)] if script.suffix == ".py" else [SHELL, str(script)]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "BASE_URL": base_url, "HOME": str(script.parent)} | (keys or KEYS)
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False)


def found(fault: str, seed: int, folder: Path) -> list[dict[str, Any]]:
    """What a session of the drawn programs alone finds of a fault; its reports stand in the folder."""
    process = multiprocessing.get_context("spawn").Process(target=_session, args=(fault, seed, folder))
    process.start()
    process.join(TIMEOUT)
    if process.is_alive():
        process.kill()
    file = folder / "violations.json"
    known: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    return known


def _session(fault: str, seed: int, folder: Path) -> None:
    """Run the session, and keep what the scripts were made from."""
    import pytest

    from conformance import reference
    from conformance.report import files
    from conformance.suite import test_properties

    write = files.write

    def kept(document: dict[str, Any], place: Path, violations: Iterable[Any]) -> Iterator[str]:
        known = list(violations)
        (folder / "violations.json").write_text(json.dumps(known), encoding="utf-8")
        return write(document, place, known)

    files.write = kept
    os.chdir(folder)
    with reference.run_in_thread(faults=[fault]) as running, Path("output.txt").open("w", encoding="utf-8") as output:
        Path("target.toml").write_text(running.target_toml(), encoding="utf-8")
        sys.stdout = sys.stderr = output
        plugins = ("pytest_base_url.plugin", "conformance.plugin", "no:cacheprovider")
        words = ["-c", os.devnull, "--rootdir=.", "-q", *(f"-p{name}" for name in plugins)]
        words += ["--target=target.toml", "--conformance-report-dir=.", f"--conformance-seed={seed}"]
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        pytest.main([str(test_properties.__file__), *words])


def tried(fault: str, seed: int, folder: Path, correct: Iterable[str] = CORRECT) -> Iterator[Answer]:
    """What each script of what is found of a fault says of the fault and of correct servers."""
    from conformance.reference import Settings
    from conformance.report import repro

    violations = found(fault, seed, folder)
    scripts = sorted((folder / "repro").glob("*"))
    jobs = [("fault", Settings(), (fault,), each) for each in scripts]
    for name in correct:
        settings, told = _settings(name), scripts
        if settings.consistency_seconds:
            told, place = [], folder / name
            for each in violations:
                patient = {**each, "consistency": settings.consistency_seconds}
                told += [place / made for made in repro.write(place, patient, "")]
        jobs += [(name, settings, (), each) for each in dict.fromkeys(told)]
    with ThreadPoolExecutor(4) as pool:
        yield from pool.map(lambda job: _asked(fault, *job), jobs)


def _settings(name: str) -> Any:
    """The settings of a correct server."""
    from conformance.reference import VARIANTS, Settings

    settings = Settings()
    for each in name.split("+") if name != "reference" else ():
        settings = VARIANTS[each].settings(settings)
    return settings


def _asked(fault: str, name: str, settings: Any, faults: tuple[str, ...], script: Path) -> Answer:
    """What a script says of a server that nobody asked before."""
    from conformance.reference import run_in_thread

    began = time.monotonic()
    with run_in_thread(settings, faults) as running:
        said = outcome(script, running.base_url)
    return Answer(fault, script.name, name, said.returncode, said.stdout + said.stderr, time.monotonic() - began)


def main() -> int:
    """Try the scripts of the faults named, or of all that are listed; 1 if one is wrong."""
    from tests.programs.__main__ import listed

    parser = argparse.ArgumentParser(prog="python -m tests.programs.scripts", description=__doc__)
    parser.add_argument("names", nargs="*", help="faults; those of faults.txt if none is named")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--correct", nargs="*", default=CORRECT, help="correct servers that must pass")
    parser.add_argument("--keep", type=Path, help="a folder for the reports")
    args = parser.parse_args()
    wrong = 0
    for fault in args.names or listed():
        folder = args.keep / fault if args.keep else Path(tempfile.mkdtemp())
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        answers = list(tried(fault, args.seed, folder.resolve(), args.correct))
        bad = [each for each in answers if not each.is_right]
        wrong += bool(bad) or not answers
        print(f"{'wrong' if bad or not answers else 'right'}  {fault:<36} {_line(answers)}", flush=True)
        for each in bad:
            print(f"      {each.script} on {each.server}: exit {each.code}: {each.told[:300]}", flush=True)
    return int(wrong > 0)


def _line(answers: list[Answer]) -> str:
    shown = dict.fromkeys(each.requirement for each in answers if each.server == "fault" and each.code)
    aside = dict.fromkeys(each.requirement for each in answers if each.requirement not in shown)
    told = f"{len(answers)} runs, {sum(each.seconds for each in answers):.0f} s: {' '.join(shown)}"
    return f"{told} (not shown again: {' '.join(aside)})" if aside else told


if __name__ == "__main__":
    raise SystemExit(main())
