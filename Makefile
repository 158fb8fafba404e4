# 동행 아웃리치. `make` alone lists what there is.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FLASK := $(BIN)/flask --app wsgi
BABEL := $(BIN)/python -m babel.messages.frontend --quiet
CATALOGUES := $(wildcard outreach/translations/*/LC_MESSAGES/messages.po)
# Workers of the test run; more than there are cores makes the browser tests slow, not fast.
TEST_WORKERS ?= 2

# Test databases in memory where there is room: every commit waits for the disk otherwise.
ROOM := $(shell df --output=avail -k /dev/shm 2>/dev/null | tail -n 1)
export PYTEST_DEBUG_TEMPROOT ?= $(shell [ "$(ROOM)" -gt 4000000 ] 2>/dev/null && echo /dev/shm)

.DEFAULT_GOAL := help
.PHONY: help setup setup-test run test lint bench bench-mail bench-pdf translations clean packages packages-test packages-bench packages-mail packages-pdf
.DELETE_ON_ERROR:
export PYTHON

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\n  HOST and PORT say where `make run` listens (127.0.0.1, 8000); OUTREACH_DATA_DIR where it keeps its data (./var).\n'

setup: $(VENV)/.installed $(VENV)/.translated ## Prepare: system packages, .venv, translations

run: export OUTREACH_DEMO := 1
run: setup ## Set up and run the demo: data, a real mailing to the embedded mailbox, the site
	@$(FLASK) db upgrade
	@$(FLASK) reference load
	@$(FLASK) demo
	@exec $(FLASK) serve

# A test that fails among all the others runs once more by itself. What fails again fails the run; what passes then was
# disturbed by its neighbours, and is named.
ALONE := --last-failed --last-failed-no-failures none -rA

test: lint ## Check style and import directions, run all tests, and those of the database on PostgreSQL, too
	@$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist loadgroup || $(BIN)/python -m pytest $(ALONE)
	@$(BIN)/python -m pytest -n $(TEST_WORKERS) --database postgresql || $(BIN)/python -m pytest $(ALONE) --database postgresql

lint: setup-test ## Check style, import directions and the types of the rules
	@$(BIN)/ruff check
	@$(BIN)/lint-imports
	@$(BIN)/mypy

bench: setup-test packages-bench ## Measure sending, clicks, import, audience and rendering against their limits
	@PATH="$$PATH:/usr/sbin" $(BIN)/python -m tests.bench

bench-mail: setup-test packages-mail $(VENV)/.installed-mail ## Measure sending against the socket and against others (LINES, RECIPIENTS)
	@PATH="$$PATH:/usr/sbin" $(BIN)/python -m tests.bench.bench_mail $(LINES) --recipients $(or $(RECIPIENTS),100000)

bench-pdf: setup-test packages-pdf $(VENV)/.installed-pdf ## Measure printing: cold, warm, by the page, 200 editions, beside Chromium and Typst
	@$(BIN)/python -m tests.bench pdf

translations: setup-test ## Take new and changed wording into the English catalogue (docs/translating.md)
	@$(BABEL) extract -F outreach/translations/babel.cfg --add-location=file --project=Donghaeng\ Outreach \
	  -o $(VENV)/messages.pot .
	@$(BABEL) update -i $(VENV)/messages.pot -d outreach/translations --no-fuzzy-matching --ignore-obsolete

clean: ## Remove .venv and caches; the data folder stays
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -f outreach/translations/*/LC_MESSAGES/messages.mo

# --- how; the stamp files in .venv make a second run quick

setup-test: setup $(VENV)/.installed-tests

packages:
	@.ci/packages run

packages-test:
	@.ci/packages test

packages-bench:
	@.ci/packages bench

packages-mail:
	@.ci/packages mail

packages-pdf:
	@.ci/packages pdf

# Typst, a peer of the benchmark of printing; Chromium, the other, is a system package.
$(VENV)/.installed-pdf: tests/bench/requirements.txt | packages-pdf
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/bench/requirements.txt
	@touch $@

# The peers of the benchmark: aiosmtplib, and Nodemailer from npm, beside the Python packages.
$(VENV)/.installed-mail: tests/bench/requirements.txt tests/bench/peers/package.json | packages-mail
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/bench/requirements.txt
	@mkdir -p $(VENV)/bench-node && cp tests/bench/peers/package.json $(VENV)/bench-node/
	@npm install --silent --no-audit --no-fund --prefix $(VENV)/bench-node
	@touch $@

$(VENV)/bin/python: | packages
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@echo 'Installing Python packages into $(VENV); the first time takes a minute or two…'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-tests: tests/requirements.txt $(VENV)/.installed | packages-test
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@

$(VENV)/.translated: $(CATALOGUES) $(VENV)/.installed
	@$(BABEL) compile -d outreach/translations
	@touch $@
