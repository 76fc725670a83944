# Python >= 3.11 and make are all that is needed; everything else goes into .venv.
#   make PYTHON=python3.12 …   another Python     make test WORKERS=4   more test processes
PYTHON ?= python3
WORKERS ?= 2
QUICK ?= --users 1200 --days 28 --no-truth

BIN := .venv/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt
KERNELS := $(wildcard */_kernels.py */*/_kernels.py)

.PHONY: help setup lab test claims surfaces bench lint clean
.NOTPARALLEL:

help:
	@echo "make lab       a first verdict in the terminal, then the app in the browser"
	@echo "make setup     the environment in .venv, kernels compiled"
	@echo "make test      linters, then every test but the full-size claims"
	@echo "make claims    claims and their nulls at full size"
	@echo "make surfaces  rebuild the stored surfaces of the case studies"
	@echo "make bench     speed beside the peers"
	@echo "make lint      ruff, mypy, import contracts"
	@echo "make clean     remove .venv and caches (runs and downloads stay)"

setup: .venv/.warm-stamp
	@echo "Ready: $(BIN)/lab --help"

# The shell takes Ctrl-C as the app's way to end, so that make does not call it an error.
lab: .venv/.warm-stamp
	$(BIN)/lab ab netflix-home $(QUICK)
	@trap : INT; $(BIN)/lab app || [ $$? -eq 130 ]

# One BLAS thread: two give other bits.
test claims bench: export OPENBLAS_NUM_THREADS := 1
test claims bench: export OMP_NUM_THREADS := 1

test: lint .venv/.warm-stamp
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not claims and not browser"
	$(BIN)/python -m pytest -m "browser and not claims"

claims: .venv/.dev-stamp .venv/.warm-stamp
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m claims

surfaces: .venv/.warm-stamp
	$(BIN)/python -m casestudies.surfaces

bench: .venv/.bench-stamp .venv/.warm-stamp
	@for each in tests/benchmarks/bench_*.py; do echo "$$each"; $(BIN)/python "$$each" || exit 1; done

lint: .venv/.dev-stamp
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find core casestudies data apps tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps make a repeated call instant; a changed pyproject.toml or constraints.txt installs again.
.venv/.user-stamp: pyproject.toml constraints.txt
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	  $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "ranking-lab needs Python 3.11 or newer, got: $$($(PYTHON) --version 2>&1); name another: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; \
	    exit 1; }; \
	  echo "Creating .venv and installing into it, once: about a minute on a good line."; \
	  $(PYTHON) -m venv --clear .venv; }
	@$(PIP) -e .
	@touch $@

.venv/.dev-stamp: .venv/.user-stamp
	@echo "Installing the tools for tests."
	@$(PIP) -e ".[dev]"
	@touch $@

.venv/.bench-stamp: .venv/.dev-stamp
	@echo "Installing the peers for the benchmarks."
	@$(PIP) -e ".[bench]"
	@touch $@

.venv/.warm-stamp: .venv/.user-stamp $(KERNELS)
	@echo "Compiling the kernels, once."
	@$(BIN)/python -m apps.warm
	@touch $@
