# `make demo` runs the main job, `make test` checks everything. Both need only Python >= 3.11 and the network once.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help python demo live test lint types format check-format tests wheel wheel-tests bench fuzz soak audit clean

# A candidate must be able to make a virtual environment: bare Debian has Python without ensurepip.
PYTHON = $(shell for python in python3.13 python3.12 python3.11 python3; do \
	"$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& echo "$$python" && break; done)
NO_PYTHON = Vigie needs Python 3.11 or newer, with its venv module. \
	On Debian or Ubuntu: apt-get install python3 python3-venv

BIN = .venv/bin
PIP = $(BIN)/python -m pip --quiet --disable-pip-version-check
# Bytecode is written when a module is first imported: compiling all of it beforehand takes a third of the time. Where the
# environment forbids it, every process would compile everything again: seconds each, and tests start hundreds.
unexport PYTHONDONTWRITEBYTECODE
INSTALL = $(PIP) install --no-compile --constraint constraints.txt --no-build-isolation
PACKAGES = orsan_plans alerts streams dashboards vigie
# Tests that share a Kafka broker run in one of the processes.
PYTEST_OPTIONS = -n 2 --dist loadgroup

# The wheel is tested from a folder that holds the tests and nothing else: what they import can only be installed.
WHEEL_VENV = .venv-wheel
WHEEL_RUN = $(WHEEL_VENV)/run

help:  ## Show these commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20

python:  ## Print the Python that the environments are made with
	@test -n "$(PYTHON)" || { echo "$(NO_PYTHON)" >&2; exit 1; }
	@echo "$(PYTHON)"

demo: .venv/.runtime  ## Play a crisis through the real monitor [SCENARIO=exercice-2016, DATA=../shared/data]
	@$(BIN)/vigie demo $(if $(SCENARIO),--scenario "$(SCENARIO)") $(if $(DATA),--data "$(DATA)")

live: .venv/.dev  ## Play the crisis through Kafka, PostgreSQL and every process, without Docker
	@$(BIN)/python tests/live/play.py

test: check-format lint types tests wheel-tests  ## Check everything, then test the built wheel
	@echo "make test: everything passed"

lint: .venv/.dev  ## Check style, import contracts and known insecure constructs
	$(BIN)/ruff check
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive $(PACKAGES)

types: .venv/.dev  ## Check types
	$(BIN)/mypy

check-format: .venv/.dev
	$(BIN)/ruff format --check

format: .venv/.dev  ## Rewrite the code in the common format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

tests: .venv/.dev  ## Run the tests on the source tree [PYTEST_OPTIONS="-n 0"]
	$(BIN)/python -m pytest $(PYTEST_OPTIONS)

wheel: .venv/.dev  ## Build the wheel in dist/
	rm -rf build dist
	$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .

# Slow campaigns ran on the source tree just before: the wheel run looks for what was not packaged.
wheel-tests: wheel $(WHEEL_VENV)/.created
	$(PIP) --python $(WHEEL_VENV)/bin/python install --no-deps --force-reinstall dist/vigie-*.whl
	rm -rf $(WHEEL_RUN)
	mkdir $(WHEEL_RUN)
	cp -R tests pyproject.toml $(WHEEL_RUN)/
	cd $(WHEEL_RUN) && PYTHONSAFEPATH=1 PYTHONPATH="$(CURDIR)/$(WHEEL_RUN)" VIGIE_REPOSITORY="$(CURDIR)" \
		../bin/python -m pytest $(PYTEST_OPTIONS) --hypothesis-profile=wheel -m "not slow"

bench: .venv/.dev  ## Measure speed and memory
	$(BIN)/python tests/bench/run.py
	$(BIN)/python tests/bench/run_live.py

fuzz: .venv/.fuzz  ## Damage every format of file, 100,000 times each [INPUTS=100000]
	$(BIN)/python tests/fuzz/run.py $(if $(INPUTS),--inputs $(INPUTS))

soak: .venv/.dev fuzz  ## Run the whole kill campaigns, longer property tests and damaged inputs
	$(BIN)/python -m pytest $(PYTEST_OPTIONS) --soak --timeout 3600

audit: .venv/.audit  ## Ask for published vulnerabilities of the dependencies (needs the network)
	$(BIN)/python tests/security/dependency_audit.py

clean:  ## Remove the environments and everything built; journals stay
	rm -rf .venv $(WHEEL_VENV) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find $(PACKAGES) tests -type d -name __pycache__ -prune -exec rm -rf {} +

.venv/.created:
	@test -n "$(PYTHON)" || { echo "$(NO_PYTHON)" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
	@touch $@

# Build tools come first and from constraints.txt: an isolated build would take whatever is newest.
.venv/.runtime: .venv/.created constraints.txt pyproject.toml
	$(INSTALL) hatchling editables
	$(INSTALL) --editable .
	@touch $@

.venv/.dev: .venv/.runtime
	$(INSTALL) --editable '.[dev]'
	@touch $@

# Only for Linux on x86-64; elsewhere nothing more is installed and the inputs are not guided by coverage.
.venv/.fuzz: .venv/.dev
	$(INSTALL) --editable '.[dev,fuzz]'
	@touch $@

.venv/.audit: .venv/.dev
	$(INSTALL) --editable '.[dev,audit]'
	@touch $@

# The dependencies are those of .venv, by a path file; .venv's link to the source tree is itself a path file, and
# Python does not follow one from another. Only Vigie differs.
$(WHEEL_VENV)/.created: .venv/.dev
	$(BIN)/python -m venv --clear --without-pip $(WHEEL_VENV)
	$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > $(WHEEL_VENV)/dependencies
	cp $(WHEEL_VENV)/dependencies "$$($(WHEEL_VENV)/bin/python -c \
		'import sysconfig; print(sysconfig.get_path("purelib"))')/dependencies.pth"
	@touch $@
