"""The action's script, run as a runner runs it, against the reference; the GitLab job's script likewise; linters."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
SERVE = f"exec '{sys.executable}' -m conformance.cli serve"


@dataclass
class Step:
    """What a step of the action left behind."""

    code: int
    stdout: str
    outputs: dict[str, str]
    summary: str


def _run(folder: Path, **given: str) -> Step:
    output, summary = folder / "output", folder / "summary"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("MC_", "GITHUB_"))},
        **{f"MC_{name}": value for name, value in given.items()},
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(summary),
        "PYTHONPATH": str(ROOT),
    }
    words = [sys.executable, str(ROOT / "ci" / "action.py")]
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    lines = output.read_text().splitlines() if output.exists() else []
    outputs = dict(line.split("=", 1) for line in lines)
    return Step(done.returncode, done.stdout, outputs, summary.read_text() if summary.exists() else "")


def _outside(stdout: str) -> list[str]:
    """The lines that the runner reads commands in: those that no stop-commands holds."""
    return re.sub(r"::stop-commands::(\w+)\n.*?::\1::\n", "", stdout, flags=re.DOTALL).splitlines()


def _nobody_listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture(scope="module")
def action() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("action_script", ROOT / "ci" / "action.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_implementation_is_started_checked_and_ended(tmp_path: Path, free_port: int) -> None:
    """A conformant one: exit 0, outputs, a summary, no annotation; the server is gone afterwards."""
    step = _run(
        tmp_path,
        START=f"{SERVE} --port {free_port} --write-target target.toml",
        WAIT_FOR=f"http://127.0.0.1:{free_port}/v1/messages",
        TARGET="target.toml",
        REPORT_DIR="out",
    )

    assert step.code == 0, step.stdout
    assert step.outputs.items() >= {"verdict": "conformant", "must-failed": "0", "should-failed": "0"}.items()
    assert int(step.outputs["requests"]) == json.loads((tmp_path / "out" / "report.json").read_text())["requests"]
    assert "Messages API" in step.summary
    assert not [line for line in _outside(step.stdout) if line.startswith("::")]
    assert (tmp_path / "out" / "server.log").read_text()
    assert _nobody_listens(free_port)


def test_what_fails_is_annotated_and_fails_the_step(tmp_path: Path, free_port: int) -> None:
    """One error for each failed MUST, one warning for each failed SHOULD, and exit code 1."""
    step = _run(
        tmp_path,
        START=f"{SERVE} --port {free_port} --write-target target.toml --fault {_fault()}",
        WAIT_FOR=f"http://127.0.0.1:{free_port}/v1/messages",
        TARGET="target.toml",
        PROFILE="quick",
    )

    told = _outside(step.stdout)
    assert step.code == 1, step.stdout
    assert step.outputs["verdict"] == "non-conformant"
    assert len([line for line in told if line.startswith("::error title=")]) == int(step.outputs["must-failed"]) > 0
    assert len([line for line in told if line.startswith("::warning title=")]) == int(step.outputs["should-failed"])
    assert "❌" in step.summary


def _fault() -> str:
    from conformance.reference import FAULTS

    return next(name for name, fault in FAULTS.items() if tuple(fault.violates) == ("SEND-06",))


@pytest.mark.parametrize(
    ("command", "seconds"), [("echo '::error::broken'; exit 7", "30"), ("echo slow; sleep 60", "1")]
)
def test_a_server_that_does_not_come_up_is_told_with_its_log(
    tmp_path: Path, free_port: int, command: str, seconds: str
) -> None:
    """It ends at once where the server has ended, else when the time is over; the log commands nothing."""
    began = time.monotonic()
    step = _run(tmp_path, START=command, URL=f"http://127.0.0.1:{free_port}", WAIT_SECONDS=seconds)

    assert step.code == 3
    assert time.monotonic() - began < 15
    assert _outside(step.stdout) == [
        f"::error title=The implementation did not come up::nothing answers at http://127.0.0.1:{free_port}"
    ]
    assert command.split()[1].strip("';") in step.stdout


def test_what_a_server_started_ends_with_the_step(tmp_path: Path, free_port: int) -> None:
    """The whole group is ended, also what ignores being asked to."""
    stubborn = "trap '' TERM; sleep 60 & echo $! > child; wait; wait"
    _run(tmp_path, START=stubborn, URL=f"http://127.0.0.1:{free_port}", WAIT_SECONDS="1")

    child = (tmp_path / "child").read_text().strip()
    assert not Path(f"/proc/{child}/cmdline").exists() or not Path(f"/proc/{child}/cmdline").read_bytes()


def test_wrong_usage_is_told_and_is_no_verdict(tmp_path: Path) -> None:
    """Without a report the step says so, and exits as the check did."""
    step = _run(tmp_path, TARGET="missing.toml")

    assert step.code == 2
    assert [line for line in _outside(step.stdout) if line.startswith("::error title=There is no report::")]
    assert step.outputs["verdict"] == "inconclusive"


def test_what_a_target_said_commands_nothing(
    tmp_path: Path, action: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    """Line breaks, percent signs, colons and commas of a reason stay within the one annotation that it belongs to."""
    row = {"id": "SEND-01", "level": "MUST", "outcome": "failed"}
    hostile = {**row, "title": "a,b::c", "reason": "got\r\n::error::owned\n##[add-mask]x 100%0A"}
    known = {**row, "title": "known", "reason": "known", "known": "soon"}
    document = {"verdict": "non-conformant\nx=y", "requests": 3, "requirements": [hostile, known]}
    (tmp_path / "report.json").write_text(json.dumps(document))

    action.tell(tmp_path, {"GITHUB_OUTPUT": str(tmp_path / "output")}, 1)

    assert capsys.readouterr().out.splitlines() == [
        "::error title=SEND-01 a%2Cb%3A%3Ac::got%0D%0A::error::owned%0A##[add-mask]x 100%250A"
    ]
    assert (tmp_path / "output").read_text().splitlines()[:2] == ["verdict=non-conformant x=y", "must-failed=1"]


def test_a_baseline_that_is_out_of_date_is_annotated(
    tmp_path: Path, action: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    """The step fails for it though no requirement does, and so it is told which entry is to go."""
    problems = ["known.toml, line 2: SEND-01 passes: take it out of the baseline."]
    document = {"verdict": "conformant", "requests": 3, "requirements": [], "x-baseline": {"problems": problems}}
    (tmp_path / "report.json").write_text(json.dumps(document))

    action.tell(tmp_path, {}, 1)

    assert capsys.readouterr().out.splitlines() == [f"::error title=The baseline is out of date::{problems[0]}"]


def test_only_options_that_are_given_are_passed(
    tmp_path: Path, action: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An option of the check stands in its command only where its input says something."""
    seen: list[list[str]] = []

    def run(words: list[str], check: bool) -> subprocess.CompletedProcess[bytes]:
        seen.append(words[len(action.SUITE) :])
        return subprocess.CompletedProcess(words, 0)

    monkeypatch.setattr(action.subprocess, "run", run)
    monkeypatch.setenv("CONFORMANCE_TARGET", "target.toml")

    action.check({}, tmp_path)
    action.check({"URL": "http://x", "BASELINE": "known.toml", "STRICT": "TRUE"}, tmp_path)

    assert seen == [
        ["check", f"--report-dir={tmp_path}"],
        ["check", f"--report-dir={tmp_path}", "--base-url=http://x", "--baseline=known.toml", "--strict"],
    ]


def test_a_secret_that_is_not_set_is_not_a_check_of_the_reference(tmp_path: Path) -> None:
    """Without a URL and a target file there is nothing to check, and the step fails."""
    step = _run(tmp_path, PROFILE="quick")

    assert step.code == 2
    assert step.outputs["verdict"] == "inconclusive"


def _action_yml() -> Mapping[str, Mapping]:
    return yaml.safe_load((ROOT / "action.yml").read_text())


def test_the_action_is_pinned_and_hands_every_input_on() -> None:
    """Each action that it uses is a full commit; each input reaches a step by a variable, none by text of a command."""
    document = _action_yml()
    steps = document["runs"]["steps"]
    for step in steps:
        assert "uses" not in step or re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"])
        assert "${{" not in step.get("run", "")
    handed = json.dumps([{**step.get("env", {}), **step.get("with", {})} for step in steps])
    assert {name for name in document["inputs"] if f"inputs.{name} " not in handed} == set()


def test_the_script_reads_what_the_action_gives_and_gives_what_it_promises() -> None:
    """The variables and outputs of script and action are the same, and the documentation names every input."""
    script = (ROOT / "ci" / "action.py").read_text()
    document = _action_yml()
    check = next(step for step in document["runs"]["steps"] if step.get("id") == "check")
    given = {name.removeprefix("MC_") for name in check["env"] if name.startswith("MC_")}
    read = set(re.findall(r'given\.get\("([A-Z_]+)"', script)) | set(re.findall(r'\("([A-Z_]+)", "--', script))
    assert read == given
    guide = (ROOT / "docs" / "ci.md").read_text()
    assert [name for name in (*document["inputs"], *document["outputs"]) if f"`{name}`" not in guide] == []


# -- GitLab ----------------------------------------------------------------------------------------------------------


def _gitlab_script(**inputs: str) -> tuple[str, dict[str, str]]:
    _, template = yaml.safe_load_all((ROOT / "ci" / "gitlab.yml").read_text())
    declared = next(yaml.safe_load_all((ROOT / "ci" / "gitlab.yml").read_text()))["spec"]["inputs"]
    job = template["messages-conformance"]
    values = {name: inputs.get(name, str(each.get("default", "")).lower()) for name, each in declared.items()}
    assert set(inputs) <= set(declared)
    variables = {
        name: re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda found: values[found[1]], value)
        for name, value in job["variables"].items()
    }
    script = "\n".join(job["script"])
    assert "$[[" not in script
    return script, variables


def _gitlab(folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    script, variables = _gitlab_script(**inputs)
    shim = folder / "bin" / "messages-conformance"
    shim.parent.mkdir()
    shim.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m conformance.cli \"$@\"\n")
    shim.chmod(0o755)
    path = f"{shim.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, **variables, "PATH": path, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        ["/bin/sh", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_gitlab_job_starts_checks_and_reports(tmp_path: Path, free_port: int) -> None:
    """Its script leaves the JUnit report where the template says that it is, and nothing running."""
    done = _gitlab(
        tmp_path,
        start=f"{SERVE} --port {free_port} --write-target target.toml",
        target="target.toml",
        profile="quick",
        **{"wait-for": f"http://127.0.0.1:{free_port}/v1/messages"},
    )

    _, template = yaml.safe_load_all((ROOT / "ci" / "gitlab.yml").read_text())
    assert done.returncode in (0, 3), done.stderr
    assert "CONFORMANT" in done.stdout or "INCONCLUSIVE" in done.stdout
    assert (tmp_path / template["messages-conformance"]["artifacts"]["reports"]["junit"]).is_file()
    assert (tmp_path / "messages-conformance-report" / "index.html").is_file()
    deadline = time.monotonic() + 5
    while not _nobody_listens(free_port) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _nobody_listens(free_port)


def test_the_gitlab_job_fails_where_nothing_comes_up(tmp_path: Path, free_port: int) -> None:
    """A start command that ends is told with its log."""
    done = _gitlab(tmp_path, start="echo no such module; exit 4", url=f"http://127.0.0.1:{free_port}")

    assert done.returncode != 0
    assert "no such module" in done.stdout
    assert f"nothing answers at http://127.0.0.1:{free_port}" in done.stderr


# -- linters, where they are -----------------------------------------------------------------------------------------


def _lint(*words: str, text: str | None = None) -> None:
    found = shutil.which(words[0], path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if found is None:
        pytest.skip(f"NOT LINTED: {words[0]} is not installed here; it is one of the packages in requirements/dev.txt")
    done = subprocess.run(
        [found, *words[1:]], input=text, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


RULES = "{extends: default, rules: {line-length: {max: 130}, document-start: disable}}"


@pytest.mark.parametrize(
    "words",
    [
        ("zizmor", "--offline", "--no-progress", "action.yml"),
        ("yamllint", "-d", RULES, "action.yml", "ci/gitlab.yml"),
        ("hadolint", "Dockerfile"),
        ("shellcheck", "ci/install.sh", ".ci/run"),
    ],
    ids=lambda words: words[0],
)
def test_linters_find_nothing(words: tuple[str, ...]) -> None:
    _lint(*words)


def test_the_script_of_the_gitlab_job_is_one() -> None:
    """What the job hands to a shell is a script for sh; the program in it is one for Python."""
    script, _ = _gitlab_script()
    _lint("shellcheck", "--shell=sh", "-", text=script)
    program = re.search(r"<<'PYTHON'\n(.*?)\nPYTHON\n", script, re.DOTALL)
    assert program is not None
    compile(program[1], "gitlab.yml", "exec")


def test_the_workflow_of_the_guide_is_one(tmp_path: Path) -> None:
    """The workflow that the documentation shows is free of what a linter of workflows finds."""
    guide = (ROOT / "docs" / "ci.md").read_text()
    shown = re.search(r"```yaml\n(name: conformance\n.*?)```", guide, re.DOTALL)
    assert shown is not None
    workflow = tmp_path / "conformance.yml"
    workflow.write_text(shown[1])
    step = next(
        each for each in yaml.safe_load(shown[1])["jobs"]["conformance"]["steps"] if "start" in each.get("with", {})
    )
    assert set(step["with"]) <= set(_action_yml()["inputs"])
    _lint("actionlint", str(workflow))
    _lint("zizmor", "--offline", "--no-progress", str(workflow))


def test_the_image_holds_the_pinned_packages_and_no_root() -> None:
    """What the Dockerfile copies is there, pinned packages are installed, and it does not run as root."""
    lines = (ROOT / "Dockerfile").read_text()
    for source in re.findall(r"^COPY (?!--from)(.+) \S+$", lines, re.MULTILINE):
        assert all((ROOT / name).exists() for name in source.split())
    assert "-r requirements/lock.txt" in lines
    assert re.search(r"^USER (?!0|root)\S+$", lines, re.MULTILINE)
    assert 'ENTRYPOINT ["messages-conformance"]' in lines


def test_the_installer_is_a_shell_script() -> None:
    """It is executable, and sh reads it."""
    script = ROOT / "ci" / "install.sh"
    assert os.access(script, os.X_OK)
    subprocess.run(["/bin/sh", "-n", str(script)], check=True)
