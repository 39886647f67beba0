# The only door: `make help` lists what there is. Each target does its own set-up; nothing else is typed first.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

ifndef PYTHON
PYTHON := $(shell for p in python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null && echo $$p && break; done)
endif
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
SIZE ?= small
ONLY ?=
ARGS ?=
export PYTHONDONTWRITEBYTECODE ?= 1

help:  ## What you can make.
	@awk 'BEGIN {FS = ":.*##"} /^[a-z]+:.*##/ {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# One environment; each level of requirements adds to it. A stamp remembers which file was installed.
$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "CPython 3.11 or 3.12 with venv is needed and was not found (set PYTHON=...)."; exit 2; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.base: requirements/base.txt | $(VENV)/bin/python
	@echo "Installing what the system needs ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	@touch $@

$(VENV)/.test: requirements/test.txt | $(VENV)/.base
	@echo "Installing what the tests need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/test.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt | $(VENV)/.test
	@echo "Installing what the checks need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

setup: $(VENV)/.base assets  ## The environment and the assets; every other target does this itself.

assets: $(VENV)/.base  ## Fonts from their package, and static files ready to serve.
	@$(BIN)/python manage.py assets
	@$(BIN)/python manage.py collectstatic --noinput --verbosity 0

demo: setup  ## The whole system with a real trial in it, at http://localhost:8000 (PORT=, DEMO_PASSWORD=, FRESH=1).
	@exec $(BIN)/python -m ctms.demo.run --port $(PORT) $(if $(FRESH),--fresh)

test: prerequisites $(VENV)/.test assets  ## The tests, the journeys in a browser included (ARGS= goes to pytest).
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile $(ARGS)

# Chromium and Pango are the system's: as root they are installed, anybody else gets one sentence before anything else.
prerequisites:
	@test -n "$(PYTHON)" || { echo "CPython 3.11 or 3.12 with venv is needed and was not found (set PYTHON=...)."; exit 2; }
	@$(PYTHON) tests/prerequisites.py

check: lint types layers house  ## Lint, types, layers, house rules, generated documents, licences; no network.

lint: $(VENV)/.dev
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .

types: $(VENV)/.dev
	@$(BIN)/mypy --no-error-summary ctms sites enrollment monitoring finance audit

layers: $(VENV)/.dev
	@mkdir -p var && $(BIN)/lint-imports --no-cache > var/layers.txt || { cat var/layers.txt; exit 1; }

house: $(VENV)/.dev
	@$(BIN)/python -m pytest -q tests/house

proof: prerequisites $(VENV)/.dev assets  ## What the issues show, at full size, one JSON line each (ONLY=02-3).
	@$(BIN)/python -m tests.proof $(if $(ONLY),--only $(ONLY))

bench: $(VENV)/.test  ## Speed as ratios against raw Postgres, in one interleaved run (SIZE=small|full, ONLY=rest).
	@$(BIN)/python -m bench --size $(SIZE) $(if $(ONLY),--only $(ONLY))

audit: $(VENV)/.dev  ## Known vulnerabilities in what is pinned; asks the registry.
	@$(BIN)/pip-audit --requirement requirements/base.txt --require-hashes --disable-pip

fix: $(VENV)/.dev  ## Formats, and mends what the linter can.
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

docs: $(VENV)/.base  ## Writes the generated pages of docs/ anew.
	@$(BIN)/python manage.py docs

pictures: prerequisites $(VENV)/.test assets  ## Every page as a picture in var/pictures, the README's two in docs/pictures.
	@$(BIN)/python -m tests.journeys.pictures

clean:  ## Removes everything that was made here, the demo's database included.
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m ctms.run.embedded; fi
	@rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

lock:  ## Compiles requirements/*.in to hashed, pinned *.txt.
	@$(MAKE) --no-print-directory $(VENV)/.dev
	@for level in base test dev; do $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header requirements/$$level.in -o requirements/$$level.txt; done

.PHONY: help setup assets demo test prerequisites check lint types layers house proof bench audit fix docs pictures \
	clean lock
