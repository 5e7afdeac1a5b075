PYTHON ?= python3
PORT ?= 8000
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(min(8, max(2, os.cpu_count() or 2)))')

BIN := .venv/bin
RUNTIME := .venv/.runtime
DEV := .venv/.dev
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header

.PHONY: install demo test lint soak bench lock openapi clean
.DELETE_ON_ERROR:

install: $(RUNTIME)

demo: $(RUNTIME)
	$(BIN)/bimtek demo --data data/demo --port $(PORT)

test: $(DEV)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not soak"

lint: $(DEV)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

soak: $(DEV)
	$(BIN)/python -m pytest -n 0 -m soak

bench: $(DEV)
	$(BIN)/python -m tests.bench $(BENCH)

openapi: $(RUNTIME)
	$(BIN)/bimtek openapi

lock: $(DEV)
	$(COMPILE) --extra dev pyproject.toml -o requirements-dev.lock
	$(COMPILE) -c requirements-dev.lock pyproject.toml -o requirements.lock

clean:
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find service tests migrations -name __pycache__ -prune -exec rm -rf {} +

# A path file instead of an installation: building the package would need a build backend from the index.
$(BIN)/bimtek:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	echo "$(CURDIR)" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/bimtek.pth"
	printf '#!/bin/sh\nexec "%s/$(BIN)/python" -m service.cli "$$@"\n' "$(CURDIR)" > $@
	chmod +x $@

$(RUNTIME): requirements.lock | $(BIN)/bimtek
	$(PIP_INSTALL) -r requirements.lock
	touch $@

$(DEV): requirements-dev.lock | $(BIN)/bimtek
	$(PIP_INSTALL) -r requirements-dev.lock
	touch $@
