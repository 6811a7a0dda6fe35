# Everything a person does with this checkout; `make` alone lists it.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
INSTALL := $(RUN) -m pip install --quiet --disable-pip-version-check --no-input

.DEFAULT_GOAL := help
.PHONY: help up test check bench bench-growth bench-overload bench-fairness bench-control review alerts diagnosis drills races planted-bugs lock format clean

help: ## list what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(VENV)/installed ## open the shop: database, shop, control room (Ctrl-C stops all)
	@exec $(RUN) -m doorbuster up

test: $(VENV)/installed-dev ## run the tests
	@$(RUN) -m pytest -n auto --dist worksteal

check: $(VENV)/installed-dev ## style, types, import contracts, then the tests
	@$(VENV)/bin/ruff format --check
	@$(VENV)/bin/ruff check
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(RUN) -m doorbuster review --quick
	@$(RUN) -m pytest -n auto --dist worksteal

bench: $(VENV)/installed ## measure the engine's ratios on this machine
	@$(RUN) -m doorbuster bench

bench-growth: $(VENV)/installed ## measure what each statement costs in a small and in a large shop
	@$(RUN) -m doorbuster bench growth

bench-overload: $(VENV)/installed ## measure what the guard does at up to ten times the load
	@$(RUN) -m doorbuster bench overload

bench-fairness: $(VENV)/installed ## measure what bots get beside people, and what the waiting room lets in (about two minutes)
	@$(RUN) -m doorbuster bench fairness
bench-control: $(VENV)/installed ## measure the control room's pages at ten times the load, and what watching costs (two minutes)
	@$(RUN) -m doorbuster bench control

diagnosis: $(VENV)/installed ## break one thing after the other, see whether the true cause is named (about 20 minutes)
	@$(RUN) -m doorbuster bench diagnosis

alerts: $(VENV)/installed ## replay days of real traffic through every alert rule (needs DOORBUSTER_SHARED_DATA)
	@$(RUN) -m doorbuster bench alerts

review: $(VENV)/installed-dev ## review every statement at 100 k and 1 M orders, and plant known mistakes to see them named
	@$(RUN) -m tests.planted_queries .doorbuster/review
	@$(RUN) -m doorbuster review --html out/review.html

drills: $(VENV)/installed ## play every drill, each in a shop of its own (about half an hour)
	@$(RUN) -m doorbuster drill all

races: $(VENV)/installed-dev ## run every race thousands of times (about a quarter of an hour)
	@$(RUN) -m tests.races

planted-bugs: $(VENV)/installed-dev ## grade the tests: plant bugs one at a time, see which check catches each
	@$(RUN) -m tests.planted --guide

lock: $(VENV)/installed-dev ## choose the versions anew and pin them with their hashes
	@$(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade --extra build -o requirements.lock pyproject.toml
	@$(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade --extra build --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml

format: $(VENV)/installed-dev ## put the code into the house style
	@$(VENV)/bin/ruff check --fix
	@$(VENV)/bin/ruff format

clean: ## remove what was made here, except the shop's data
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache out

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Doorbuster needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 up"; exit 1; }
	@echo "Making a virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing the pinned dependencies (once; takes about a minute) ..."
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-index --no-deps --no-build-isolation --editable .
	@$(RUN) -m compileall -q doorbuster
	@touch $@

$(VENV)/installed-dev: requirements-dev.lock $(VENV)/installed
	@echo "Installing the pinned tools for development ..."
	@$(INSTALL) --require-hashes -r requirements-dev.lock
	@touch $@
