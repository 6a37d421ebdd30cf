# Everything is set up once, in .venv, by a Python 3.11 (or later) and make alone: `make check`, `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --no-input
LOCKS := requirements/lock.txt requirements/dev.txt
REPORTS ?= reports/reference
JOBS ?= 2
SAMPLE ?= 130

.DEFAULT_GOAL := help
.PHONY: help check test gate slow hostile lint wheel matrix matrix-part mutants flaky bench bench-peers samples lock clean

help: ## what there is to make
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16

check: $(VENV)/.runtime ## check the embedded reference implementation, with all reports written
	$(BIN)/messages-conformance check --report-dir $(REPORTS)

# What users start as a process, from nothing: `make gate`. What takes minutes: `make slow`.
GATE := tests/test_action.py tests/test_budgets.py tests/test_cli.py tests/test_examples.py tests/test_plugin_light.py
SLOW := tests/test_proof.py tests/test_survivors.py tests/report/test_repro.py tests/report/test_repro_programs.py
APART := $(GATE) $(SLOW) tests/hostile

test: $(VENV)/.dev ## the suite's own tests, with branch coverage and its threshold
	rm -f .coverage .coverage.*
	$(BIN)/python -m coverage run -m pytest -q -n $(JOBS) --dist worksteal $(APART:%=--ignore %)
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

gate: $(VENV)/.dev ## the command line, the action and its linters, budgets, the examples: as their users start them
	$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal $(GATE)

slow: $(VENV)/.dev ## the proof by faults, and the scripts that repeat them
	$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal $(SLOW)

# Most of their time is spent waiting, so that twice as many at a time cost no more.
hostile: $(VENV)/.dev ## servers that are wrong in every way, fuzzing, trouble of the suite's own (under five minutes)
	$(BIN)/python -m pytest -q -n $$((2 * $(JOBS))) --dist worksteal tests/hostile

lint: $(VENV)/.dev ## style, types, and the OpenAPI document
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/openapi-spec-validator --errors all spec/openapi.yaml

wheel: $(VENV)/.dev ## build the wheel, and look into it
	rm -rf dist
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .
	$(BIN)/python -m pytest -q tests/test_wheel.py

matrix: $(VENV)/.dev ## every fault of the reference found, every correct variant let pass: reports/kill-matrix.html
	$(BIN)/python -m tests.matrix --what matrix --jobs $(JOBS) --report reports

matrix-part: $(VENV)/.dev ## a fixed sample of the matrix, or with PART=2/4 (or today/4) a part of it: minutes
ifdef PART
	$(BIN)/python -m tests.matrix --what matrix --part $(PART) --jobs $(JOBS)
else
	$(BIN)/python -m tests.matrix --sample $(SAMPLE) --seed 8 --jobs $(JOBS)
	$(BIN)/python -m tests.matrix --what variants oldest-first busy eventually-visible lagging-lists sparse-lists --jobs $(JOBS)
endif

mutants: $(VENV)/.dev ## mutants of the reference, made by cosmic-ray, judged over HTTP: reports/mutants.md (an hour)
	$(PIP) install $(LOCKS:%=-c %) 'cosmic-ray>=8.7,<9'
	$(BIN)/python -m tests.mutants --jobs $(JOBS) --report reports

flaky: $(VENV)/.dev ## 200 checks of the reference with 200 seeds, under load and with late answers (an hour)
	$(BIN)/python -m tests.flaky --jobs $(JOBS) --report reports/flakiness.json

bench: $(VENV)/.dev ## what a check costs, as medians: reports/benchmark.html (twenty minutes); what the plugin costs others
	$(BIN)/python -m tests.bench --report reports
	$(BIN)/python -m tests.bench.plugin

bench-peers: $(VENV)/.dev ## schemathesis, Specmatic, Dredd, Portman and this suite on the same faults (an hour; needs npm, java)
	$(BIN)/python -m tests.peers --jobs $(JOBS)

samples: $(VENV)/.dev ## the sample reports under reports/, with a picture of each
	$(BIN)/python -m tests.samples

lock: ## take the newest versions that pyproject.toml allows into requirements/
	rm -rf $(VENV)/lock
	$(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip --disable-pip-version-check --quiet install .
	$(VENV)/lock/bin/python -m pip --disable-pip-version-check list --format=freeze --exclude pip --exclude setuptools \
	  --exclude messages-conformance > requirements/lock.txt
	$(VENV)/lock/bin/python -m pip --disable-pip-version-check --quiet install -c requirements/lock.txt '.[dev]'
	$(VENV)/lock/bin/python -m pip --disable-pip-version-check list --format=freeze --exclude pip --exclude setuptools \
	  --exclude messages-conformance | grep -vxFf requirements/lock.txt > requirements/dev.txt
	rm -rf $(VENV)/lock

clean: ## what was built, measured and installed here
	rm -rf $(VENV) .peers dist build .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find conformance tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: each is made once, and again when what it was made from has changed.

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: $(VENV)/.made pyproject.toml requirements/lock.txt
	$(PIP) install -c requirements/lock.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	$(PIP) install $(LOCKS:%=-c %) -e '.[dev]'
	@touch $@
