# Two commands matter: `make demo` and `make test`. Both start from a bare python3.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := daemon console shared simulator

.PHONY: demo test suite compiled quick lint bench rehearse fuzz lowest dist deb boot clean
.DELETE_ON_ERROR:

demo: $(VENV)/.runtime
	$(BIN)/deskbridge demo

test: $(VENV)/.dev
	$(MAKE) --jobs=2 lint compiled
	$(MAKE) suite

suite: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n 3 --dist worksteal

# What a clean clone has to compile, once: the processes that share the suite would each do it.
compiled: $(VENV)/.dev
	@told=$$($(BIN)/python -m pytest -qq --collect-only 2>&1) || { echo "$$told"; exit 1; }

# The inner loop: rules, records, the store and the plans, without screens, whole syncs and Invoiced.
QUICK := rules qbxml shared daemon models
quick: $(VENV)/.dev
	$(BIN)/python -m pytest -q -n 3 --dist worksteal --ignore=tests/daemon/connectors/invoiced $(QUICK:%=tests/%)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/.dev
	$(BIN)/python -m bench --write docs/benchmarks.md

# Random companies and bad luck: N of them, from seed FROM on; BOOKS=3: all of them with Invoiced.
N ?= 200
FROM ?= 0
rehearse: $(VENV)/.dev
	$(BIN)/python -m tests.rehearsal $(N) --first $(FROM) $(if $(BOOKS),--books $(BOOKS))

# Syncs some of whose answers are spoiled: N of them, from seed FROM on.
fuzz: $(VENV)/.dev
	$(BIN)/python -m tests.fuzz $(N) --first $(FROM)

# The oldest versions that pyproject.toml admits must pass the same tests.
lowest: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(VENV)-lowest
	$(BIN)/uv pip install --quiet --python $(VENV)-lowest/bin/python --resolution lowest-direct -e '.[dev]'
	$(VENV)-lowest/bin/python -m pytest -q -n 3 --dist worksteal

# Wheel, source, manual pages and completion, in dist/.
dist: $(VENV)/.dev
	deploy/packaging/dist.sh $(BIN)/python

# The Debian package beside them, for the release of Debian that this runs on.
deb: dist
	deploy/packaging/deb.sh $(BIN)/python

# Install, run, upgrade and remove it all in a Debian of its own under a booted systemd; needs root.
boot: deb
	$(BIN)/python -m pip --python build/deb/opt/deskbridge/bin/python wheel --quiet --disable-pip-version-check --wheel-dir build/wheels "$$(ls dist/*.whl)[postgres]"
	DESKBRIDGE_BOOTED=$$(. /etc/os-release && echo $$VERSION_CODENAME) $(BIN)/python -m pytest -v tests/deploy/booted

# The same on another release, whose package is made in a root of it: make boot-trixie
boot-%: dist
	deploy/packaging/deb-for.sh $(BIN)/python $*
	DESKBRIDGE_BOOTED=$* DESKBRIDGE_MEDIA=build/$* $(BIN)/python -m pytest -v tests/deploy/booted

clean:
	rm -rf $(VENV) $(VENV)-lowest build dist demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Deskbridge needs Python 3.11 or newer; '$(PYTHON)' is older. Try: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "This Python cannot make virtual environments. On Debian: apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@ $(VENV)/.runtime
