# Two commands to remember: `make demo` and `make test`. Both set up everything from a bare Python 3.11.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 8801
DATA ?= data/demo
BROWSER ?= yes
CHANNEL ?= telegram
MEMBERS ?= 45
VENV := .venv
BIN := $(VENV)/bin
UV := .tools/bin/uv
ROOMS := bot db handlers locales meetings members opinions quizzes reports scheduler simulator web

# Unset where a machine sets it: with no compiled files every start of the bot compiles 1,200 modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test tests setup lint types walk lock format

demo: setup
	@$(BIN)/python -m bot demo --port $(PORT) --data "$(DATA)" $(if $(filter no,$(BROWSER)),--no-browser,)

test: setup
	@$(MAKE) --no-print-directory -j 3 lint types tests

tests: setup
	$(BIN)/pytest -n 3 --dist worksteal

walk: setup
	@$(BIN)/python -m simulator.walk --channel $(CHANNEL) --members $(MEMBERS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: setup
	$(BIN)/mypy

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

setup: $(VENV)/ready .tools/browser

$(UV): requirements-tools.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv .tools
	.tools/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-tools.txt
	@touch $@

$(VENV)/ready: requirements-dev.txt | $(UV)
	test -x $(BIN)/python || $(UV) venv --quiet --python $(PYTHON) $(VENV)
	VIRTUAL_ENV=$(VENV) $(UV) pip sync --quiet --require-hashes --compile-bytecode requirements-dev.txt
	@touch $@

.tools/browser: tests/browser/bring_chromium.py | $(VENV)/ready
	@$(BIN)/python tests/browser/bring_chromium.py $@

lock: | $(UV)
	$(UV) pip compile pyproject.toml --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header --upgrade -q -o requirements.txt
	$(UV) pip compile pyproject.toml --group dev --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header --upgrade -q -c requirements.txt -o requirements-dev.txt
	echo uv | $(UV) pip compile - --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header --upgrade -q -o requirements-tools.txt
