# make run       the CA3 memory on Brian2: a table of what came back, and a raster
# make test      the tests that are quick, in some minutes (offline, but for pip the first time)
# make test-all  all tests, in less than an hour
# make check     types and style
# make spalloc-server  a spalloc server for the tests of jobs, in an environment of its own
# make clean     remove the environments
#
# PYTHON=/path/to/python3.12 chooses the interpreter (3.11, 3.12 or 3.13).

PYTHON ?=
# Tests at once: as many as there are processors. WORKERS=0: one after the other, in one process.
WORKERS ?= logical
PIP = -m pip --disable-pip-version-check --no-input -q
RUN_ENV = .venv
TEST_ENV = .venv-test
# The released server contradicts the versions that sPyNNaker needs.
SPALLOC_ENV = .venv-spalloc
SPALLOC = spalloc_server==1!7.0.0
# Packages written for sPyNNaker that tests/clients runs unmodified; sPyNNaker itself is not needed.
CLIENTS = sPyMem==0.0.9 sPyBlocks==0.0.1
# Engines that are not for every computer: where one cannot be installed its tests are skipped.
ENGINES = spinnaker nengo nest oracle

FIND_PYTHON = \
	for p in "$(PYTHON)" python3 python3.13 python3.12 python3.11 python; do \
	  if [ -n "$$p" ] && "$$p" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; \
	  then found="$$p"; break; fi; \
	  if [ -n "$$p" ] && [ "$$p" = "$(PYTHON)" ]; then break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "neuroport needs Python 3.11, 3.12 or 3.13 with the venv module, and none was found." >&2; \
	  echo "Install one (Debian: apt install python3 python3-venv; others: https://www.python.org)," >&2; \
	  echo "or say where it is: make PYTHON=/path/to/python3.12" >&2; \
	  exit 1; \
	fi

.PHONY: run test test-all check spalloc-server clean

run: $(RUN_ENV)/installed
	@$(RUN_ENV)/bin/neuroport run ca3-memory

test: $(TEST_ENV)/installed
	@$(TEST_ENV)/bin/python -m pytest -n $(WORKERS) --dist worksteal -m "not slow" $(PYTEST)

test-all: $(TEST_ENV)/installed
	@$(TEST_ENV)/bin/python -m pytest -n $(WORKERS) --dist worksteal $(PYTEST)

check: $(TEST_ENV)/checkers
	@$(TEST_ENV)/bin/python -m ruff check .
	@$(TEST_ENV)/bin/python -m mypy

# The stamp is written last, so an interrupted installation is done again from the start.
# -P: what lies beside bootstrap.py must not hide modules of the standard library.
$(RUN_ENV)/installed: pyproject.toml
	@$(FIND_PYTHON); "$$found" -P neuroport/bootstrap.py $(RUN_ENV) --extras brian2 native && touch $@

$(TEST_ENV)/installed: pyproject.toml
	@$(FIND_PYTHON); "$$found" -P neuroport/bootstrap.py $(TEST_ENV) --extras test \
	  --optional $(ENGINES) --bare $(CLIENTS) && touch $@

$(TEST_ENV)/checkers: $(TEST_ENV)/installed
	@$(TEST_ENV)/bin/python $(PIP) install -e '.[development]' && touch $@

spalloc-server: $(SPALLOC_ENV)/installed

$(SPALLOC_ENV)/installed:
	@$(FIND_PYTHON); \
	rm -rf $(SPALLOC_ENV) && "$$found" -m venv $(SPALLOC_ENV) && \
	$(SPALLOC_ENV)/bin/python $(PIP) install '$(SPALLOC)' && touch $@

clean:
	rm -rf $(RUN_ENV) $(TEST_ENV) $(SPALLOC_ENV)
