"""`python -m tests.bench.plugin`: what somebody's own pytest pays for the plugin where it is merely installed, in ms.

Each run is a process of its own with one empty test. Its processor time is taken from when pytest is imported until it
is through, so that others on the machine do not count; the figures are medians, and what a line costs above the first.
Heavy modules that such a run imports are named.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HEAVY = ("schemathesis", "hypothesis", "httpx", "jsonschema", "jsonschema_rs", "starlette", "uvicorn", "jinja2", "yaml")
RUN = f"""
import sys, time
import pytest
began = time.process_time()
assert pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[1:]]) == 0
spent = time.process_time() - began
print("SPENT", spent * 1000, *(name for name in {HEAVY!r} if name in sys.modules))
"""
OURS = ("-p", "pytest_base_url.plugin", "-p", "conformance.plugin")
WITHOUT = ("-p", "no:schemathesis", "-p", "no:hypothesispytest")
CASES = (
    ("pytest alone", False, ()),
    ("the plugin, and pytest-base-url", False, OURS),
    ("all plugins that are installed here", True, ()),
    ("all but schemathesis' and Hypothesis'", True, WITHOUT),
)


def spent(words: tuple[str, ...], autoload: bool, folder: Path) -> tuple[float, list[str]]:
    """The milliseconds of one run, and the heavy modules that it imported."""
    environment = dict(os.environ)
    environment.pop("PYTEST_DISABLE_PLUGIN_AUTOLOAD", None)
    if not autoload:
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[2]), environment.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", RUN, *words], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    _, milliseconds, *heavy = next(line for line in done.stdout.splitlines() if line.startswith("SPENT")).split()
    return float(milliseconds), heavy


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.plugin", description=__doc__)
    parser.add_argument("--repeat", type=int, default=11)
    repeat = parser.parse_args().repeat
    print(f"{'a run of one empty test with':<40}{'ms':>7}{'more':>7}  imports")
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "test_own.py").write_text("def test_own(): pass\n", encoding="utf-8")
        found: dict[str, list[tuple[float, list[str]]]] = {what: [] for what, _, _ in CASES}
        for _ in range(repeat):
            for what, autoload, words in CASES:
                found[what].append(spent(words, autoload, Path(name)))
    first = statistics.median(each for each, _ in found[CASES[0][0]])
    for what, runs in found.items():
        median = statistics.median(each for each, _ in runs)
        print(f"{what:<40}{median:>7.0f}{median - first:>7.0f}  {', '.join(runs[0][1]) or '-'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
