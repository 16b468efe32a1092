# `make run` and `make test` need Python 3.11 or newer and make, nothing else. `make` alone lists what there is.
.DEFAULT_GOAL := help
.PHONY: help run faults test check bench docs lock clean

# The virtual environment's own Python once there is one; else the newest that is new enough, preferring one that can make virtual environments.
PYTHON ?= $(shell for need in venv,ensurepip sys; do \
	for p in .venv/bin/python python3.14 python3.13 python3.12 python3.11 python3 python; do \
		$$p -c "import sys,$$need; sys.exit(sys.version_info < (3, 11))" >/dev/null 2>&1 && echo $$p && exit; \
	done; done)
UV ?= uv
# Most of a test's time is waiting; each file stays with one of these.
WORKERS ?= 4
BIN := .venv/bin

# $(call install,LIST): .venv holds what requirements/LIST.txt says. Instant when it does already.
install = @if [ -z "$(PYTHON)" ]; then \
	echo "Offhook needs Python 3.11 or newer, and found none on the PATH."; \
	echo "  Debian, Ubuntu:  apt-get install python3 python3-venv"; \
	echo "  macOS:           brew install python"; \
	echo "  or say which:    make $@ PYTHON=/path/to/python3"; exit 1; fi; \
	"$(PYTHON)" requirements/install.py $(1)

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile

run: ## an example SMS app with Offhook in front of it; Ctrl-C stops both
	$(call install,example)
	@$(BIN)/python examples/run.py

faults: ## a server with one path a fault, to see what Offhook says of each; Ctrl-C stops it
	$(call install,dev)
	@$(BIN)/python -m examples.faults.serve

test: ## every test; WORKERS=1 for one after another
	$(call install,dev)
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: ## lint, format, types, the import contract, the docs against the code
	$(call install,dev)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/unit/test_docs.py

bench: ## measure, and print the tables of bench/README.md
	$(call install,bench)
	$(BIN)/python -m bench

docs: ## write the tables of docs/ from the code
	$(call install,dev)
	$(BIN)/python docs/generate.py

lock: ## pin requirements/*.in again (needs uv; UPGRADE=--upgrade for newer versions)
	@for list in bench dev example run; do \
		$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-header $(UPGRADE) \
			requirements/$$list.in -o requirements/$$list.txt || exit 1; done

clean: ## take away what make made: the environment, caches, the example's data
	rm -rf .venv .venv.lock .offhook .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis bench/out tests/shots dist
	find src tests bench examples docs requirements -name __pycache__ -type d -prune -exec rm -rf {} +
