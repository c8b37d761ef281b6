# make run       the CA3 memory on Brian2: a table of what came back, and a raster
# make test      the tests that are quick, in some minutes (offline, but for pip the first time)
# make test-all  all tests, in less than an hour
# make check     types and style
# make clean     remove the environments
#
# PYTHON=/path/to/python3.11 chooses the interpreter.

PYTHON ?=
RUN_ENV = .venv
TEST_ENV = .venv-test
# Packages written for sPyNNaker that tests/clients runs unmodified; sPyNNaker itself is not needed.
CLIENTS = sPyMem==0.0.9 sPyBlocks==0.0.1
# Engines that are not for every computer: where one cannot be installed its tests are skipped.
ENGINES = spinnaker nest oracle
PIP = -m pip --disable-pip-version-check --no-input -q

FIND_PYTHON = \
	for p in "$(PYTHON)" python3.11 python3 python; do \
	  if [ -n "$$p" ] && "$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; \
	  then found="$$p"; break; fi; \
	  if [ -n "$$p" ] && [ "$$p" = "$(PYTHON)" ]; then break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "neuroport needs Python 3.11 with the venv module, and none was found." >&2; \
	  echo "Install it (Debian: apt install python3.11-venv; others: https://www.python.org)," >&2; \
	  echo "or say where it is: make PYTHON=/path/to/python3.11" >&2; \
	  exit 1; \
	fi

.PHONY: run test test-all check clean

run: $(RUN_ENV)/installed
	@$(RUN_ENV)/bin/neuroport run ca3-memory

test: $(TEST_ENV)/installed
	@$(TEST_ENV)/bin/python -m pytest -m "not slow" $(PYTEST)

test-all: $(TEST_ENV)/installed
	@$(TEST_ENV)/bin/python -m pytest $(PYTEST)

check: $(TEST_ENV)/checkers
	@$(TEST_ENV)/bin/python -m ruff check .
	@$(TEST_ENV)/bin/python -m mypy

# The stamp is written last, so an interrupted installation is done again from the start.
$(RUN_ENV)/installed: pyproject.toml
	@$(FIND_PYTHON); \
	echo "installing neuroport into $(RUN_ENV) (once; takes a few minutes)"; \
	rm -rf $(RUN_ENV) && "$$found" -m venv $(RUN_ENV) && \
	$(RUN_ENV)/bin/python $(PIP) install -e '.[brian2]' && touch $@

$(TEST_ENV)/installed: pyproject.toml
	@$(FIND_PYTHON); \
	echo "installing neuroport and its tests into $(TEST_ENV) (once; takes a few minutes)"; \
	rm -rf $(TEST_ENV) && "$$found" -m venv $(TEST_ENV) && \
	$(TEST_ENV)/bin/python $(PIP) install -e '.[test]' && \
	for engine in $(ENGINES); do \
	  $(TEST_ENV)/bin/python $(PIP) install -e ".[$$engine]" || \
	  echo "neuroport[$$engine] could not be installed here; its tests will be skipped" >&2; \
	done && \
	$(TEST_ENV)/bin/python $(PIP) install --no-deps $(CLIENTS) && touch $@

$(TEST_ENV)/checkers: $(TEST_ENV)/installed
	@$(TEST_ENV)/bin/python $(PIP) install -e '.[development]' && touch $@

clean:
	rm -rf $(RUN_ENV) $(TEST_ENV)
