# Foreshock: every command a developer needs. `make` alone lists them.
#
# Needs Python 3.11 or newer with ensurepip, make and git; nothing else, and no root.
# Choose an interpreter with: make PYTHON=/path/to/python3.12 ...

SHELL := /bin/sh
.SHELLFLAGS := -eu -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
PYTHON ?=
ARGS ?=
JOBS ?= auto

# The first interpreter that starts and is new enough: a pyenv shim may exist and refuse to run.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
find_python = for python in $(PYTHON) python3.11 python3.12 python3.13 python3.14 python3 python; do \
	"$$python" -c '$(NEW_ENOUGH)' >/dev/null 2>&1 && break; python=; done

LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --custom-compile-command 'make lock' --group build --extra demo --extra chat --extra database --extra rocksdb

# What the peers of `make bench` need beside our own packages: bench/environments.py installs both.
LOCK_PEER = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command 'make lock' --constraint requirements.lock --override bench/peers/overrides.txt \
	$$(sed -n 's/^\([A-Za-z0-9._-]*\)==.*/--no-emit-package \1/p' requirements.lock)

.PHONY: help setup demo test check lint types contracts fix docs dashboards dashboards-check bench bench-quality bench-faults bench-latency test-kafka test-long test-upgrade test-image secrets lock clean

help: ## List the commands.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP) ## Make .venv from the locked, hashed requirements.

# Made anew only when the locks or the packaging change.
$(STAMP): requirements-dev.lock pyproject.toml
	@$(find_python); \
	if [ -z "$$python" ]; then \
		echo "Foreshock needs Python 3.11 or newer, and found none on PATH." >&2; \
		echo "Install one, or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$$python has no ensurepip; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; fi; \
	if ! { [ -x $(BIN)/python ] && $(BIN)/python -c '$(NEW_ENOUGH)'; } 2>/dev/null; then \
		rm -rf $(VENV); "$$python" -m venv $(VENV); fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## Run the main job on the embedded broker: make demo ARGS="--for 60s".
	@$(BIN)/python -m foreshock demo $(ARGS)

# In several processes (tests/conftest.py says how many), a file's tests in one; in this one alone: make test JOBS=0.
# Bytecode is kept even if the shell says otherwise: hundreds of programs start, and each would compile all of ours.
test: setup lint types contracts ## Lint, types, import contracts and every test whose peers are here.
	@$(BIN)/python -m tests.support.kafka fetch --if-possible
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup lint types contracts ## The quick half of `make test`: no test is run.

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports

fix: setup ## Format, and mend what ruff can mend.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: setup ## Write docs/reference/ anew from the code, then make the site in build/site.
	$(BIN)/python -m foreshock schema
	$(BIN)/python -m sphinx --quiet --fresh-env --nitpicky --fail-on-warning --builder html \
		--conf-dir docs/site --doctree-dir build/site-pages docs build/site
	@echo "Open build/site/index.html"

dashboards: setup ## Write Grafana's dashboards anew from deploy/grafana/.
	$(BIN)/python -m deploy.grafana

dashboards-check: setup ## Ask a real Prometheus every query of panels and rules while a worker runs, and list what had data.
	$(BIN)/python -m pytest tests/parity/test_dashboards_live.py -s

bench-quality: setup ## How good the product is, on real sets and simulated insurers.
	$(BIN)/python -m bench.quality $(ARGS)

bench: setup ## What carrying costs beside the peers, and how the job grows: make bench ARGS="--keep".
	@$(BIN)/python -m tests.support.kafka fetch --if-possible
	$(BIN)/python -m bench $(ARGS)

bench-faults: setup ## Break workers, brokers and networks, and see that nothing is lost or counted twice.
	@$(BIN)/python -m tests.support.kafka fetch --if-possible
	$(BIN)/python -m bench.faults $(ARGS)

bench-latency: setup ## How long an event takes to become an alert, at a steady rate.
	$(BIN)/python -m bench.latency $(ARGS)

test-long: setup ## More of the same, on brokers: what `make test` leaves out for its length.
	@$(BIN)/python -m tests.support.kafka fetch --if-possible
	$(BIN)/python -m pytest -m long $(ARGS)

test-kafka: setup ## The tests that need Apache Kafka; fetches it from Maven when it is not here.
	$(BIN)/python -m tests.support.kafka fetch
	FORESHOCK_TEST_REQUIRE=kafka $(BIN)/python -m pytest -m kafka $(ARGS)

test-upgrade: setup ## Replace workers of a former version one by one while events flow, and judge: make test-upgrade ARGS="v1.2.0".
	@$(BIN)/python -m tests.support.kafka fetch --if-possible
	$(BIN)/python -m bench.upgrade $(ARGS)

test-image: setup ## Perform deploy/Dockerfile on a clean Debian root without Docker, and prove the image; as root, with debootstrap, buildah and runc.
	@$(BIN)/python -m deploy.image $(ARGS)

secrets: ## Make the secrets of docker-compose.kafka.yml at random, into ./secrets; what is there is kept.
	@deploy/compose/make-secrets $(ARGS)

lock: setup ## Make the locked requirements anew; name packages to raise: make lock ARGS="-P orjson".
	$(LOCK) $(ARGS) --output-file requirements.lock
	$(LOCK) $(ARGS) --extra dev --constraint requirements.lock --output-file requirements-dev.lock
	for peer in quix bytewax; do $(LOCK_PEER) $(ARGS) --output-file bench/peers/$$peer.lock bench/peers/$$peer.in; done

clean: ## Remove everything that these commands made.
	rm -rf $(VENV) .cache .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
