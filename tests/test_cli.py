"""The command line as people and CI use it: processes, exit codes, one sentence for what went wrong, reports."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import entry_points
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest

from conformance import catalogue
from conformance.reference import FAULTS, VARIANTS, Running, run_in_thread

ROOT = Path(__file__).parents[1]
QUICK = ("--profile", "quick")
# Where the package is installed pytest finds the plugin by itself.
PLUGIN = (
    ()
    if any(each.value == "conformance.plugin" for each in entry_points(group="pytest11"))
    else ("-p", "conformance.plugin")
)


@pytest.fixture(scope="module", autouse=True)
def _environment() -> Iterator[None]:
    """The commands find the package wherever they are run."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *([before] if before else [])])
    yield
    os.environ.pop("PYTHONPATH")
    os.environ.update({"PYTHONPATH": before} if before else {})


def command(*words: object) -> list[str]:
    """A command of the command line."""
    return [sys.executable, "-m", "conformance.cli", *map(str, words)]


def run(*words: object, cwd: Path, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; nothing that it says is a traceback."""
    done = subprocess.run(
        command(*words), capture_output=True, text=True, cwd=cwd, timeout=120, env=os.environ | (environment or {})
    )
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done


def suite(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the suite through pytest's own command."""
    words = (sys.executable, "-m", "pytest", "--pyargs", "conformance", "-p", "no:cacheprovider", *PLUGIN, *words)
    return subprocess.run([*map(str, words)], capture_output=True, text=True, cwd=cwd, timeout=240)


def report(folder: Path) -> dict:
    """The report of a run."""
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


def outcomes(folder: Path) -> dict[str, str]:
    """The outcomes of a report by requirement."""
    return {row["id"]: row["outcome"] for row in report(folder)["requirements"]}


# -- requirements ----------------------------------------------------------------------------------------------------


def test_the_catalogue_is_listed(tmp_path):
    done = run("requirements", cwd=tmp_path)
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == [*catalogue.load()]


def test_the_catalogue_is_listed_as_json(tmp_path):
    rows = json.loads(run("requirements", "--json", cwd=tmp_path).stdout)
    assert [row["id"] for row in rows] == [*catalogue.load()]
    assert {"level", "title", "source", "needs", "judged"} <= set(rows[0])


def test_a_reader_that_goes_away_is_no_trouble(tmp_path):
    process = subprocess.Popen(
        command("requirements", "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    )
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    process.wait(30)


@pytest.mark.parametrize("module", ["conformance", "conformance.cli"])
def test_the_package_is_the_command(module, tmp_path):
    done = subprocess.run([sys.executable, "-m", module, "--version"], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.startswith("messages-conformance")


def test_a_locale_without_the_signs_of_a_report_is_no_trouble(reference_target, tmp_path):
    done = run("check", "--target", reference_target, *QUICK, cwd=tmp_path, environment={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "? profile quick ? seed 1" in done.stdout


def test_where_output_is_closed_the_exit_code_is_what_is_told(reference_target, tmp_path):
    line = " ".join([*command("check", "--target", reference_target, *QUICK), ">&-"])
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "variable"),
    [
        (("--base-url", ""), "--base-url"),
        (("--target", ""), "--target"),
        (("--base-url", "http://127.0.0.1:1", "--target", ""), "--target"),
        ((), "CONFORMANCE_BASE_URL"),
        ((), "CONFORMANCE_TARGET"),
    ],
)
def test_an_empty_name_does_not_mean_the_embedded_reference(words, variable, tmp_path):
    environment = {} if words else {variable: ""}
    done = run("check", *words, *QUICK, cwd=tmp_path, environment=environment)
    assert done.returncode == 2
    assert sentence(done).strip() == f"messages-conformance: {variable} is empty: is what it is taken from set?"


def test_a_requirement_to_try_first_is_one_of_the_catalogue(tmp_path):
    done = run("check", "--earlier", "SEND-99", cwd=tmp_path)
    assert done.returncode == 2
    assert "no requirement has the id 'SEND-99'" in done.stderr


@pytest.mark.parametrize(
    "words", [[], ["chek"], ["check", "--profile", "slow"], ["check", "--max-requests", "0"], ["check", "-n", "x"]]
)
def test_wrong_usage_is_told(words, tmp_path):
    done = run(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert "usage: messages-conformance" in done.stderr


def test_a_version_is_told(tmp_path):
    assert re.match(r"messages-conformance \d+\.\d+", run("--version", cwd=tmp_path).stdout)


@pytest.mark.parametrize("after", [0.05, 0.1, 0.15, 0.25])
def test_a_command_that_is_interrupted_while_it_starts_just_ends(after, tmp_path):
    words = [sys.executable, "-c", "from conformance.__main__ import main; print(flush=True); raise SystemExit(main())"]
    process = subprocess.Popen(
        [*words, "check", *QUICK], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    process.stdout.readline()
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "Traceback" not in said


# -- serve -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_reference_is_served_until_it_is_stopped(stop, tmp_path):
    words = command("serve", "--write-target", tmp_path / "target.toml")
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    try:
        url = re.search(r"http://\S+", process.stdout.readline())[0]
        target = tomllib.loads((tmp_path / "target.toml").read_text(encoding="utf-8"))
        answer = httpx.get(url + "/v1/messages", headers={"Authorization": f"Bearer {target['api_key']}"})
    finally:
        process.send_signal(stop)
        _, errors = process.communicate(timeout=20)

    assert answer.status_code == 200
    assert target["base_url"] == url
    assert target["conversations"]
    assert process.returncode in (0, 130)
    assert errors == ""


def test_the_port_may_be_chosen_and_may_be_taken(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("serve", "--port", taken.getsockname()[1], cwd=tmp_path)
    assert done.returncode == 2
    assert "cannot serve" in done.stderr


def test_faults_and_variants_are_listed(tmp_path):
    faults = run("serve", "--list-faults", cwd=tmp_path)
    assert faults.returncode == 0
    assert [line.split()[0] for line in faults.stdout.splitlines()] == [*FAULTS]
    assert [line.split()[0] for line in run("serve", "--list-variants", cwd=tmp_path).stdout.splitlines()] == [
        *VARIANTS
    ]


def test_every_must_has_a_fault_that_breaks_it():
    musts = {name for name, each in catalogue.load().items() if each.level.value == "MUST"}
    assert musts - {name for fault in FAULTS.values() for name in fault.violates} == set()


def test_a_fault_that_is_named_twice_is_one(tmp_path):
    process = subprocess.Popen(
        command("serve", "--fault", "page-offset", "--fault", "page-offset"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    try:
        assert "reference implementation) at http://" in process.stdout.readline()
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_a_fault_that_does_not_exist_is_told(tmp_path):
    done = run("serve", "--fault", "no-such-fault", cwd=tmp_path)
    assert done.returncode == 2
    assert "no-such-fault" in done.stderr


# -- check: what it says of a target ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def conformant(tmp_path_factory: pytest.TempPathFactory, reference_target: Path) -> tuple[Path, str, int]:
    """A standard check of the reference: its folder, what it printed, its exit code."""
    folder = tmp_path_factory.mktemp("conformant")
    done = run("check", "--target", reference_target, "--report-dir", folder / "report", cwd=folder)
    return folder / "report", done.stdout, done.returncode


def test_a_conformant_target_is_conformant(conformant):
    folder, printed, code = conformant
    found = report(folder)
    musts = {row["outcome"] for row in found["requirements"] if row["level"] == "MUST"}

    assert code == 0
    assert (found["verdict"], found["partial"], found["interrupted"], musts) == ("conformant", False, False, {"passed"})
    assert "CONFORMANT" in printed
    assert "NOT CONFORMANT" not in printed


def test_all_reports_are_written(conformant):
    folder, printed, _ = conformant
    cases = ElementTree.parse(folder / "junit.xml").getroot().iter("testcase")
    results = [*(folder / "allure-results").glob("*-result.json")]

    assert (folder / "index.html").stat().st_size > 10_000
    assert str(folder / "index.html") in printed
    assert len(results) == len([*cases]) > 40


def test_no_report_holds_a_key(conformant, reference):
    folder, printed, _ = conformant
    files = [file for file in folder.rglob("*") if file.is_file()]
    text = b"\n".join(file.read_bytes() for file in files) + printed.encode()

    assert len(files) > 40
    assert not {key for key in (b"sk_test_a", b"pk_test_a", b"sk_test_b") if key in text}
    assert b"$MESSAGES_API_KEY" in text


def test_without_a_target_the_reference_is_checked(tmp_path):
    done = run("check", *QUICK, cwd=tmp_path)
    folders = [*(tmp_path / "reports").iterdir()]
    assert done.returncode == 0
    assert len(folders) == 1
    assert report(folders[0])["requests"] <= 60
    assert "the embedded reference implementation" in done.stdout


def test_a_faulty_target_fails_by_the_requirement_that_it_breaks(tmp_path):
    fault = next(name for name, each in FAULTS.items() if each.violates[0] == "SEND-04")
    with run_in_thread(faults=[fault]) as faulty:
        (tmp_path / "target.toml").write_text(faulty.target_toml(), encoding="utf-8")
        done = run("check", "--target", "target.toml", "--report-dir", "report", *QUICK, cwd=tmp_path)
    row = next(row for row in report(tmp_path / "report")["requirements"] if row["id"] == "SEND-04")

    assert done.returncode == 1
    assert row["outcome"] == "failed"
    assert row["evidence"][0]["curl"].startswith("curl ")
    assert "NOT CONFORMANT" in done.stdout
    assert "SEND-04" in done.stdout


@pytest.mark.parametrize("fault", ["key-in-header", "key-in-list"])
def test_a_target_that_repeats_the_key_finds_it_in_no_report(fault, tmp_path):
    with run_in_thread(faults=[fault]) as faulty:
        (tmp_path / "target.toml").write_text(faulty.target_toml(), encoding="utf-8")
        done = run("check", "--target", "target.toml", "--report-dir", "r", *QUICK, "--strict", cwd=tmp_path)
    files = [file.read_text(encoding="utf-8") for file in (tmp_path / "r").rglob("*") if file.is_file()]

    assert outcomes(tmp_path / "r")["AUTH-06"] == "failed"
    assert not [text for text in (*files, done.stdout, done.stderr) if "sk_test_a" in text]


def test_a_broken_should_is_a_warning_unless_it_is_asked_to_fail(tmp_path):
    fault = next(
        name for name, each in FAULTS.items() if each.violates == ("AUTH-01-S",) or each.violates == ("AUTH-03",)
    )
    with run_in_thread(faults=[fault]) as faulty:
        (tmp_path / "target.toml").write_text(faulty.target_toml(), encoding="utf-8")
        words = ("check", "--target", "target.toml", *QUICK)
        codes = [run(*words, *more, cwd=tmp_path).returncode for more in ((), ("--strict",))]
    assert codes == [0, 1]


# -- check: what goes wrong ------------------------------------------------------------------------------------------


def sentence(done: subprocess.CompletedProcess[str]) -> str:
    """All that was said, of which none is a traceback."""
    return done.stdout + done.stderr


def test_nobody_listens(free_port, tmp_path):
    done = run(
        "check", "--base-url", f"http://127.0.0.1:{free_port}", "--conversation", "c", "--report-dir", "r", cwd=tmp_path
    )
    assert done.returncode == 3
    assert "is not reachable" in sentence(done)
    assert report(tmp_path / "r")["verdict"] == "inconclusive"


def test_the_key_is_refused(reference, tmp_path):
    words = ("check", "--base-url", reference.base_url, "--conversation", "conv_8xk2m", "--report-dir", "r")
    done = run(*words, cwd=tmp_path, environment={"MESSAGES_API_KEY": "sk_test_wrong_key"})
    assert done.returncode == 3
    assert "refuses the key (401): is it the right one for this URL?" in sentence(done)
    assert "sk_test_wrong_key" not in sentence(done) + (tmp_path / "r" / "report.json").read_text(encoding="utf-8")


def test_no_key_is_given(reference, tmp_path):
    done = run("check", "--base-url", reference.base_url, "--conversation", "conv_8xk2m", cwd=tmp_path)
    assert done.returncode == 3
    assert "give one with --api-key or MESSAGES_API_KEY" in sentence(done)


def test_no_conversation_is_declared(reference, tmp_path):
    done = run("check", "--base-url", reference.base_url, "--api-key", "sk_test_a", *QUICK, cwd=tmp_path)
    assert done.returncode == 3
    assert "no conversation is declared: name one with --conversation" in sentence(done)


def test_the_conversation_does_not_exist(reference, tmp_path):
    done = run(
        "check",
        "--base-url",
        reference.base_url,
        "--api-key",
        "sk_test_a",
        "--conversation",
        "conv_nowhere",
        cwd=tmp_path,
    )
    assert done.returncode == 3
    assert "conv_nowhere" in sentence(done)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            'base_url = "http://127.0.0.1:1"\napi_kee = "sk"\n',
            "line 2: unknown key 'api_kee' (did you mean 'api_key'?)",
        ),
        ('base_url = "http://127.0.0.1:1"\n[[conversations]]\nid = 5\n', "line 3"),
        ("base_url = \n", "line 1"),
        ('api_key = "sk"\nbase_url = "localhost:8000"\n', "target.toml, line 2: the base URL 'localhost:8000' is none"),
    ],
)
def test_the_target_file_is_wrong(text, says, tmp_path):
    (tmp_path / "target.toml").write_text(text, encoding="utf-8")
    done = run("check", "--target", "target.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "reports").exists()


def test_the_target_file_is_not_there(tmp_path):
    done = run("check", "--target", "nowhere.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert "nowhere.toml" in done.stderr


class Peer(BaseHTTPRequestHandler):
    """Answers every request with a page, or never."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        time.sleep(self.server.pause)  # type: ignore[attr-defined]
        page = b"<!doctype html><title>Welcome</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def page() -> Iterator[str]:
    """The address of a server that answers a page, whatever it is asked."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Peer) as server:
        server.pause = 0.0  # type: ignore[attr-defined]
        thread = threading.Thread(target=lambda: server.serve_forever(0.01), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join(5)


def test_a_page_answers_where_an_api_should(page, tmp_path):
    done = run(
        "check", "--base-url", page, "--api-key", "sk_test_a", "--conversation", "c", "--report-dir", "r", cwd=tmp_path
    )
    assert done.returncode == 1
    assert "is this the base URL of a Messages API?" in sentence(done)
    assert outcomes(tmp_path / "r")["HTTP-01"] == "failed"


def test_the_budget_is_spent(reference_target, tmp_path):
    done = run("check", "--target", reference_target, "--max-requests", 25, "--report-dir", "r", cwd=tmp_path)
    assert done.returncode == 3
    assert "budget of 25 requests is spent" in sentence(done)
    assert report(tmp_path / "r")["requests"] == 25


def test_a_run_that_only_reads_sends_nothing(reference, reference_target, tmp_path):
    def count() -> int:
        answer = httpx.get(
            f"{reference.base_url}/v1/messages", params={"limit": 1}, headers={"Authorization": "Bearer sk_test_a"}
        )
        return answer.json()["data"][0]["id"]

    before = count()
    done = run("check", "--target", reference_target, "--read-only", "--report-dir", "r", *QUICK, cwd=tmp_path)
    assert count() == before
    assert done.returncode == 3, [row for row in report(tmp_path / "r")["requirements"] if row["outcome"] == "failed"]
    assert "read-only" in sentence(done)


def test_ctrl_c_ends_a_run_with_a_report_that_says_so(tmp_path):
    """A slow target, so that the signal comes in the middle of a run."""
    with run_in_thread() as slow:
        (tmp_path / "target.toml").write_text(slow.target_toml(), encoding="utf-8")
        words = command("check", "--target", "target.toml", "--report-dir", "r", "--rate", "60/min")
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
        time.sleep(6)
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=30)
    found = report(tmp_path / "r")

    assert process.returncode == 3
    assert "Traceback" not in printed + errors
    assert found["interrupted"] is True
    assert found["verdict"] == "inconclusive"


def test_an_earlier_report_is_not_taken_for_this_runs(tmp_path, free_port):
    folder = tmp_path / "r"
    folder.mkdir()
    for name in ("report.json", "index.html", "junit.xml"):
        (folder / name).write_text('{"verdict": "conformant"}', encoding="utf-8")
    run(
        "check",
        "--base-url",
        f"http://127.0.0.1:{free_port}",
        "--conversation",
        "c",
        "--report-dir",
        folder,
        cwd=tmp_path,
    )
    assert report(folder)["verdict"] == "inconclusive"


# -- pytest ----------------------------------------------------------------------------------------------------------


def words_of(reference: Running, file: Path, folder: Path) -> tuple[object, ...]:
    """The options by which pytest finds the target, and where it reports."""
    return ("--base-url", reference.base_url, "--target", file, "--conformance-report-dir", folder)


def test_pytest_runs_a_selection_and_calls_it_partial(reference, reference_target, tmp_path):
    done = suite(*words_of(reference, reference_target, tmp_path / "r"), "-k", "test_errors", cwd=tmp_path)
    found = report(tmp_path / "r")
    assert done.returncode == 0, done.stdout
    assert found["partial"] is True
    assert found["verdict"] == "inconclusive"
    assert "partial" in done.stdout


def test_pytest_runs_the_musts(reference, reference_target, tmp_path):
    done = suite(*words_of(reference, reference_target, tmp_path / "r"), "-m", "must", "-n", 2, cwd=tmp_path)
    found = report(tmp_path / "r")
    assert done.returncode == 0, done.stdout
    assert {row["outcome"] for row in found["requirements"] if row["level"] == "MUST"} == {"passed"}
    # Every MUST has drivers that ran; but some that might have found one broken were left out.
    assert (found["partial"], found["verdict"]) == (True, "inconclusive")
    assert found["verdict_reason"].startswith("Only a selection of the drivers was run")


def test_pytest_stops_at_the_first_failure(tmp_path):
    fault = next(name for name, each in FAULTS.items() if each.violates[0] == "SEND-04")
    with run_in_thread(faults=[fault]) as faulty:
        (tmp_path / "target.toml").write_text(faulty.target_toml(), encoding="utf-8")
        words = words_of(faulty, tmp_path / "target.toml", tmp_path / "r")
        done = suite(*words, "-x", cwd=tmp_path)
    assert done.returncode == 1
    assert "1 failed" in done.stdout
    assert "[SEND-04] MUST" in done.stdout
    assert outcomes(tmp_path / "r")["SEND-04"] == "failed"


def test_pytest_without_a_target_is_wrong_usage(tmp_path):
    done = suite("-k", "test_errors", cwd=tmp_path)
    assert done.returncode in (2, 4)
    assert "no base URL" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_selection_of_nothing_is_not_green(reference, reference_target, tmp_path):
    done = suite(*words_of(reference, reference_target, tmp_path / "r"), "-k", "nothing_is_called_so", cwd=tmp_path)
    assert done.returncode != 0


def test_the_plugin_leaves_other_tests_alone(tmp_path):
    (tmp_path / "test_mine.py").write_text("def test_mine():\n    assert True\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mine.py"],
        capture_output=True, text=True, cwd=tmp_path, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0
    assert "1 passed" in done.stdout
    assert "conformance" not in done.stdout
