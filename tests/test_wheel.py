"""The wheel: the spec and the templates travel, nothing else of the checkout does, and it runs where it is unpacked."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytest.importorskip("build", reason="THE WHEEL WAS NOT BUILT: build is not installed")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built by what is installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    (file,) = folder.glob("*.whl")
    return zipfile.ZipFile(file)


def test_it_holds_the_spec(wheel):
    for name in ("openapi.yaml", "requirements.toml", "report.schema.json"):
        assert wheel.read(f"conformance/_spec/{name}") == (ROOT / "spec" / name).read_bytes()


def test_it_holds_every_file_of_the_package(wheel):
    ours = [file for file in (ROOT / "conformance").rglob("*") if file.is_file() and file.suffix != ".pyc"]
    assert {str(file.relative_to(ROOT)) for file in ours} - set(wheel.namelist()) == set()
    assert [name for name in wheel.namelist() if name.endswith(".html.j2")]


def test_it_holds_nothing_else(wheel):
    names = wheel.namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"conformance", "messages_conformance"}
    assert not [name for name in names if "node_modules" in name or name.endswith(".pyc") or "/tests/" in name]


def test_its_entry_points_are_there(wheel):
    (name,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    points = configparser.ConfigParser()
    points.read_string(wheel.read(name).decode())
    assert points["console_scripts"]["messages-conformance"] == "conformance.__main__:main"
    assert points["pytest11"]["messages_conformance"] == "conformance.plugin"


def test_it_checks_the_reference_where_it_is_unpacked(wheel, tmp_path):
    wheel.extractall(tmp_path / "site")
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    code = (
        "import sys, conformance, conformance.cli; assert 'site' in conformance.__file__, conformance.__file__;"
        "sys.exit(conformance.cli.main(['check', '--profile', 'quick', '--report-dir', 'r']))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "r" / "index.html").is_file()
