# Everything from a checkout, Python 3.11 or newer, and make.
PYTHON ?= python3
BIN := .venv/bin
SPECTRAL := @stoplight/spectral-cli@6.16.3
REDOCLY := @redocly/cli@2.77.0

.PHONY: run test install check fix openapi lock fuzz bench soak mutants clean

run: .venv/.run  ## set up and serve on http://127.0.0.1:8000; ARGS="--port 9000" adds options
	@exec $(BIN)/python -m service serve $(ARGS)

test: .venv/.dev  ## set up and pass the tests
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --numprocesses 2 --dist loadfile --ignore tests/openapi $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --show-missing --skip-covered
	$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup tests/openapi $(ARGS)

install: .venv/.dev  ## set up only

check: .venv/.dev  ## style, types, layers, the document and the compose file
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/interrogate --quiet tests
	$(BIN)/python -m service openapi | diff -u openapi/openapi.json - && echo "openapi/openapi.json is up to date"
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	@if command -v npx >/dev/null; then $(MAKE) --no-print-directory lint-document; else echo "no node: document not linted"; fi

.PHONY: lint-document
lint-document:
	npx --yes $(SPECTRAL) lint openapi/openapi.json --ruleset openapi/spectral.yaml --fail-severity hint
	REDOCLY_TELEMETRY=off npx --yes $(REDOCLY) lint openapi/openapi.json --config openapi/redocly.yaml

fix: .venv/.dev  ## format, and mend what a tool can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

openapi: .venv/.run  ## write openapi/openapi.json anew
	$(BIN)/python -m service openapi > openapi/openapi.json

lock: .venv/.dev  ## resolve the dependencies anew
	$(BIN)/uv pip compile pyproject.toml $(LOCK) -o requirements.txt
	$(BIN)/uv pip compile pyproject.toml --group dev -c requirements.txt $(LOCK) -o requirements-dev.txt

LOCK := --quiet --universal --no-strip-extras --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-annotate --custom-compile-command "make lock"

fuzz: .venv/.dev  ## properties with new examples, schemathesis at length with a new seed, every lie about the document
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --hypothesis-profile fresh -m hypothesis --ignore tests/openapi $(ARGS)
	$(BIN)/python -m pytest tests/openapi -m fuzz $(ARGS)

bench: .venv/.dev  ## against FastAPI and against bare ASGI, side by side
	$(BIN)/python -m tests.ops.bench $(ARGS)

soak: .venv/.dev  ## two processes, one Redis and five exchanges under load and faults, measured
	$(BIN)/python -m tests.ops.soak $(ARGS)

mutants: .venv/.dev  ## take each guard of the prices away, in a copy, and see a test turn red
	$(BIN)/python -m tests.ops.mutants $(ARGS)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage

.venv/.run: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "minihedge needs Python 3.11 or newer; name one with make PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/.dev: requirements-dev.txt .venv/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
