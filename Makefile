# Two commands do everything on a fresh machine: make demo, make test.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
# Numba's cache does not see changes in functions that a kernel calls in other files: one cache a state of the sources that decide.
export NUMBA_CACHE_DIR := $(CURDIR)/$(VENV)/numba/$(shell $(PYTHON) tests/kernels.py)

.PHONY: demo test verify browser check bench schema floor floor-run audit clean

demo: $(VENV)/.demo
	$(BIN)/trialsim run scenarios/picu-blood-draw.yaml --replicates 10000 --out outputs/picu-blood-draw
	$(BIN)/trialsim run scenarios/nicu-parent-massage.yaml --replicates 10000 --out outputs/nicu-parent-massage
	@echo
	@echo "Open outputs/picu-blood-draw/report.html and outputs/nicu-parent-massage/report.html in a browser."
	@echo "Next: $(BIN)/trialsim init picu-blood-draw, change the file, and run it."

test: $(VENV)/.test
	$(BIN)/python -m pytest -n 2 -q --dist worksteal

# R runs the exported scripts; Debian and Ubuntu have it as a package. Without it those checks say so and are left out.
verify: $(VENV)/.test
	command -v Rscript >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends r-base-core r-recommended; } || true
	$(BIN)/python -m pytest -q -m "verify or hypothesis" --hypothesis-profile search

# Pages in a real Chromium, which Debian and Ubuntu have as a package; without one the tests say so and are left out.
browser: $(VENV)/.test
	command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } || true
	$(BIN)/python -m pip install --quiet --editable ".[test,app,browser]"
	$(BIN)/python -m pytest -q -m browser

check: $(VENV)/.test floor-run
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.test
	$(BIN)/python benchmarks/bench.py

# The everyday tests with the oldest versions pyproject.toml allows, in an environment of their own.
floor: export NUMBA_CACHE_DIR := $(CURDIR)/$(VENV)/floor/numba
floor:
	$(PYTHON) -m venv --clear $(VENV)/floor
	$(PYTHON) tests/floor.py > $(VENV)/floor/lowest.txt
	$(VENV)/floor/bin/python -m pip install --quiet --constraint $(VENV)/floor/lowest.txt --editable ".[test,cluster,app,export,protocol]"
	$(VENV)/floor/bin/python -m pytest -n 2 -q

# The oldest versions once more, in under a minute and a half: a run, the same run going on, and a look at what it wrote.
floor-run: export NUMBA_CACHE_DIR := $(CURDIR)/$(VENV)/lowest/numba
floor-run: $(VENV)/lowest/.made
	rm -rf $(VENV)/lowest/out
	$(VENV)/lowest/bin/trialsim run scenarios/picu-blood-draw.yaml --out $(VENV)/lowest/out --replicates 50
	$(VENV)/lowest/bin/trialsim run scenarios/picu-blood-draw.yaml --out $(VENV)/lowest/out --replicates 100 --no-figures
	$(VENV)/lowest/bin/trialsim verify $(VENV)/lowest/out --sample 3

$(VENV)/lowest/.made: pyproject.toml tests/floor.py
	$(PYTHON) -m venv --clear $(VENV)/lowest
	$(PYTHON) tests/floor.py > $(VENV)/lowest/lowest.txt
	$(VENV)/lowest/bin/python -m pip install --quiet --constraint $(VENV)/lowest/lowest.txt --editable .
	touch $@

# Published advisories against what is installed; pip-audit sits in an environment of its own. Needs the network.
audit: $(VENV)/.test
	$(PYTHON) -m venv $(VENV)/audit
	$(VENV)/audit/bin/python -m pip install --quiet pip-audit
	$(VENV)/audit/bin/python tests/audit.py "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[test,dev,cluster,export,protocol,app]"
	touch $@ $(VENV)/.demo

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
