# Two commands matter: `make run` and `make test`. Both work from a bare clone with Python 3.11+ and make.
PYTHON ?= $(shell command -v python3)
BIN := .venv/bin
EVENTS ?= 1000000
# One more than the cores of a small machine: somebody always waits for a process, a page or the disk.
WORKERS ?= 3
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export DO_NOT_TRACK := 1
export DAGSTER_DISABLE_TELEMETRY := yes
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
# With it every one of a test run's hundreds of processes would compile our modules again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run serve dev check test test-duckdb2 duckdb2-engine duckdb2-data soak bench format lock docs browser clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: .venv/.ready ## lay .venv from the hash-pinned lock (uv is bootstrapped by pip)

.venv/.ready: requirements/dev.lock requirements/bootstrap.lock pyproject.toml $(wildcard ingestion/formats/c/*)
	@echo "setup: creating .venv and installing the locked packages (about 1.5 GB, some minutes the first time)"
	$(PYTHON) -c 'import sys; sys.exit("productops needs Python 3.11, 3.12 or 3.13; this is %s. Set PYTHON=…" % sys.version.split()[0] if not (3,11) <= sys.version_info[:2] <= (3,13) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m ingestion.formats.cutting
	@touch $@

run: setup ## make the demo company's exports (once), run the whole pipeline, serve the dashboards
	@if [ -f company/settings.yml ]; then $(BIN)/productops run; else $(BIN)/productops demo --events $(EVENTS); fi; \
	    code=$$?; if [ $$code -ne 0 ] && [ $$code -ne 3 ] && [ $$code -ne 4 ]; then exit $$code; fi
	$(BIN)/productops serve

serve: setup ## serve the dashboards of the last published version
	$(BIN)/productops serve

dev: setup ## dashboards and the Dagster UI
	$(BIN)/productops dev

check: setup ## style, types, import rules, SQL, models, questions, generated docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar dbt_project/models dbt_project/tests
	$(BIN)/productops check
	$(BIN)/productops docs --check

browser: setup
	@$(BIN)/python tests/browser/chromium.py --install

test: setup browser ## every test, the browser ones included, then the short leg on DuckDB 2
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder -m "not soak" --durations=25
	@$(MAKE) --no-print-directory test-duckdb2

# Two halves of about the same length. Bound values are the same to every DuckDB; what a locked reader refuses need not be. That the mart
# of active days answers as events do is no matter of DuckDB.
ENGINE_ON_DUCKDB2 := tests/oracles --ignore tests/oracles/test_person_days.py
DATA_ON_DUCKDB2 := tests/ingestion/test_conformance.py::test_a_literal_example_becomes_exactly_these_rows \
    tests/ingestion/test_payload_hash.py tests/dbt_project/test_events.py \
    tests/dashboards/test_interface_history.py tests/dashboards/test_locked_reader.py \
    --deselect tests/dashboards/test_locked_reader.py::test_two_hundred_payloads_as_values_and_names_find_nothing_and_break_nothing

.venv-duckdb2/.ready: requirements/duckdb2.lock | .venv/.ready
	$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv-duckdb2
	$(BIN)/uv pip install --quiet --python .venv-duckdb2/bin/python --require-hashes -r requirements/duckdb2.lock
	@touch $@

test-duckdb2: .venv-duckdb2/.ready ## readers, dbt models and the engine on DuckDB 2
	@$(MAKE) --no-print-directory -j2 duckdb2-engine duckdb2-data

duckdb2-engine: .venv-duckdb2/.ready
	.venv-duckdb2/bin/python -m pytest -p no:cacheprovider -q $(ENGINE_ON_DUCKDB2)

duckdb2-data: .venv-duckdb2/.ready
	.venv-duckdb2/bin/python -m pytest -p no:cacheprovider -q $(DATA_ON_DUCKDB2)

soak: setup ## the long forms of the crash and property tests
	$(BIN)/pytest -m soak --hypothesis-profile=explore

bench: setup ## figures for docs/performance.md
	$(BIN)/python benchmarks/ingest.py

format: setup ## write the style that check demands
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --processes 2 dbt_project/models dbt_project/tests

docs: setup ## write docs/reference from contracts, catalogue and reason codes
	$(BIN)/productops docs

LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet
lock: setup ## resolve the ranges of pyproject.toml anew
	$(BIN)/uv pip compile $(LOCK) requirements/bootstrap.in -o requirements/bootstrap.lock
	$(BIN)/uv pip compile $(LOCK) pyproject.toml --group dev -o requirements/dev.lock
	$(BIN)/uv pip compile $(LOCK) pyproject.toml -c requirements/dev.lock -o requirements/run.lock
	$(BIN)/uv pip compile $(LOCK) --group duckdb2 -o requirements/duckdb2.lock

clean: ## remove what can be rebuilt (never landing/)
	rm -rf .venv-duckdb2 dbt_project/target dbt_project/logs .pytest_cache .mypy_cache .ruff_cache
