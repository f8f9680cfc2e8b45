# `make demo` and `make test` set up everything they need, from nothing, in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Byte code makes every later start faster; some machines switch it off.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: setup demo test check lint types contracts proof bench clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    the main job, on the embedded emulator, with real data"
	@echo "make test    all tests"
	@echo "make check   lint, types, import contracts, tests: what CI runs"
	@echo "make proof   outside clients against the emulator, each in its own environment; CLIENT=awscli for one"
	@echo "make bench   the benchmarks, as one table"

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "reconciler needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	PIP_CONSTRAINT=$(CURDIR)/constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 \
		$(BIN)/python -m pip install --quiet --editable '.[dev]'
	$(BIN)/python -m compileall -q reconciler
	touch $@

demo: setup
	@$(BIN)/python demo/run.py

test: setup
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports --no-cache

check: lint types contracts test

proof: setup
	$(BIN)/python proof/run.py $(CLIENT)

bench: setup
	$(BIN)/python benchmarks/run.py $(if $(WRITE),--write)

clean:
	rm -rf $(VENV) .proof .reconciler .mypy_cache .ruff_cache .pytest_cache .hypothesis
