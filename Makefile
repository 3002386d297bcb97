# make run    sets up .venv and pulls a hydrogen off methane, headless, on PM6: the whole live loop
# make test   sets up .venv and runs the fast tests
# The rest is for those who change atomtug; `make help` lists it.

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
READY := .venv/.ready
OUT := runs/demo
COVERAGE := 90
# Two tests at a time, as each waits for some of its time; those of a file one after the other, as they share servers.
PARALLEL := -n 2 --dist loadfile

.PHONY: run test test-slow coverage lint types check docs bench lock protos page page-check wheel clean help setup

run: $(READY)
	$(BIN)/atomtug steer methane --trajectories 1 --seed 1 --out $(OUT)
	@file=$$(ls -t $(OUT)/*.h5 | head -n 1) && $(BIN)/atomtug info $$file && $(BIN)/atomtug plot $$file && \
	  echo && echo "The reaction is in $$file. Watch it again: $(BIN)/atomtug play $$file"

test: $(READY)
	$(BIN)/python -m pytest $(PARALLEL)

test-slow: $(READY)
	$(BIN)/python -m pytest -m slow $(PARALLEL)

coverage: $(READY)
	$(BIN)/python -m pytest -m "slow or not slow" $(PARALLEL) --cov --cov-report=term --cov-fail-under=$(COVERAGE)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	tools/typecheck.sh

check: lint types test

# The page's own checks: lint, format and unit tests, with this machine's Node.js or that of the page's build.
page-check: page
	cd web && PATH="$$PATH:$(CURDIR)/$(BIN)" && npm run --silent lint && npm run --silent format:check && npm test --silent

docs: $(READY)
	$(BIN)/python tools/make_site.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "The documentation is in build/site/index.html."

wheel: $(READY)
	rm -rf dist
	$(BIN)/python tools/build_backend.py dist

bench: $(READY)
	@for each in live start swap network labels clients vr peer soak; do $(BIN)/python benchmarks/$$each.py || exit 1; done

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "atomtug needs Python 3.11 or later (with PM6: 3.11 or 3.12): install one, or say which with make PYTHON=/path/to/python3.12."; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	tools/build_page.sh
	@touch $@

page: $(READY)
	tools/build_page.sh

# For maintainers: needs uv (pip install uv) and the network.
lock:
	uv pip compile --universal --python-version 3.11 --extra dev --extra docs --generate-hashes --no-header --no-emit-index-url \
	  --quiet --output-file requirements.lock pyproject.toml

protos: $(READY)
	mkdir -p build/protos
	$(BIN)/python -m grpc_tools.protoc -Iatomtug/protos=protos --python_out=build/protos --pyi_out=build/protos \
	  $(addprefix atomtug/,$(wildcard protos/*.proto))
	cp build/protos/atomtug/protos/*_pb2.py* protos/

clean:
	rm -rf .venv build dist server/page web/node_modules *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*

help:
	@sed -n 's/^# make/make/p' Makefile
	@echo "make setup, test-slow, coverage, lint, types, check, docs, wheel, bench, lock, protos, page, page-check, clean"
