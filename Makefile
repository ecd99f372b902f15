# make demo   explain the bundled scene; needs only Python and make
# make test   lint, types, unit tests, browser tests
# make quick  lint, types and the unit tests of the core, in a minute
# make lab    JupyterLab on the quickstart

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: demo test quick lab lint js pytest fuzz bench notebooks screenshots clean

demo: $(VENV)/.runtime
	$(BIN)/fixlip-widget demo

# Side by side: the type checker has one thread, and browser tests often wait.
test:
	$(MAKE) --jobs=3 lint js pytest

lab: $(VENV)/.lab
	$(BIN)/jupyter lab notebooks/01_quickstart.ipynb

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The front end is tested where there is npm; a run for CI must not do without.
js:
ifneq ($(shell command -v npm 2>/dev/null),)
	cd js && npm ci --no-audit --no-fund && npm run check && npm test
else ifneq ($(CI),)
	$(error npm is needed to test the front end)
else
	@echo "Skipped: the front end's unit tests need npm."
endif

# Files are shared out to processes; a file's tests stay together, as they share a browser or a server. In pytest's own
# order the long files of few tests do not all come last, when there is nothing left to run beside them.
PARALLEL := --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder
pytest: $(VENV)/.test
	$(BIN)/pytest $(PARALLEL)

# Neither models, training and evaluation nor the Monte Carlo tests of standard errors. The first run takes a minute more,
# while mypy fills its cache.
LONGER := baselines browser demo encoders evaluation \
	test_cli.py test_docstrings.py test_live.py test_notebooks.py test_readme.py
quick: lint
	$(BIN)/pytest $(PARALLEL) -k 'not intervals_cover' \
		$(LONGER:%=--ignore=tests/%)

# Cases at random of every kind of input and of damaged file, until the time is over; docs/promises.md has the numbers.
SECONDS := 600
fuzz: $(VENV)/.test
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

# Speed, memory and error, each beside its target, measured on this machine.
bench: $(VENV)/.test
	$(BIN)/python -m tests.benchmarks

# Run the notebooks again and keep their outputs, widget state included, progress bars excluded.
notebooks: $(VENV)/.test
	$(BIN)/python -m tests.run_notebooks

# Take the README's pictures again.
screenshots: $(VENV)/.test
	$(BIN)/python -m tests.browser.screenshots

clean:
	rm -rf $(VENV) js/node_modules

# An environment and what was installed into it; uv unpacks torch several times faster than pip.
$(BIN)/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv

$(VENV)/.runtime: pyproject.toml | $(BIN)/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable .
	@touch $@

$(VENV)/.lab: pyproject.toml | $(BIN)/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[lab]'
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --editable '.[test]'
	@touch $@
