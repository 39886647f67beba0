# The only door: `make help` lists what there is. Each target does its own set-up; nothing else is typed first.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= $(shell for p in python3.12 python3.11 python3; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
SIZE ?= small
ONLY ?=
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

clean:  ## Removes everything that was made here, the demo's database included.
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m ctms.run.embedded; fi
	@rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

lock:  ## Compiles requirements/*.in to hashed, pinned *.txt.
	@$(MAKE) --no-print-directory $(VENV)/.dev
	@for level in base test dev; do $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header requirements/$$level.in -o requirements/$$level.txt; done

.PHONY: help setup assets demo clean lock
