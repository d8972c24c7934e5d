# Every recipe is a line or two; what needs more lives in scripts/.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/paragone
READY := $(VENV)/ready
FAST := -n 2 --dist loadfile --no-loadscope-reorder -m "not slow and not alone"

.DEFAULT_GOAL := help
.PHONY: help bench quick verify report compare claims selftest profile train doctor list new julia peers test test-slow test-times coverage test-versions check docs format release clean

help:  ## show these targets
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

bench: $(READY)  ## verify, measure, report (about 20 minutes); options: make bench ARGS="--problem mlp4"
	$(RUN) bench $(ARGS)

quick: $(READY)  ## a first look in about two minutes: one launch, no intervals
	$(RUN) bench --quick $(ARGS)

verify: $(READY)  ## check implementations against the reference: make verify IMPL=numpy_tuned
	$(RUN) verify $(IMPL) $(ARGS)

report: $(READY)  ## rebuild the report of a run: make report NAME=latest
	$(RUN) report $(or $(NAME),latest) $(ARGS)

compare: $(READY)  ## what changed between two runs: make compare A=2026-01-02T030405Z B=latest (A=HEAD B=. ARGS=--live)
	$(RUN) compare $(A) $(or $(B),latest) $(ARGS)

claims: $(READY)  ## what the sources say, measured here: make claims ARGS="-i S2"
	$(RUN) claims $(ARGS)

selftest: $(READY)  ## whether the statistics tell the truth here (an hour): make selftest ARGS=coverage
	$(RUN) selftest $(ARGS)

profile: $(READY)  ## where the time of a step goes: make profile ARGS="-p mlp4 -b 500,20000"
	$(RUN) profile $(ARGS)

train: $(READY)  ## train one implementation and print its accuracy: make train IMPL=numpy_rows
	$(RUN) train $(or $(IMPL),numpy_rows) $(ARGS)

doctor: $(READY)  ## what is here, what is missing, what would disturb a measurement
	$(RUN) doctor

list: $(READY)  ## every implementation: language, axes, source, idea
	$(RUN) list

new: $(READY)  ## write a starter that works: make new NAME=my_step LANGUAGE=python (or julia, c, fortran, process; KERNEL=pairwise)
	$(RUN) new $(NAME) --language $(or $(LANGUAGE),python) --into impls$(if $(KERNEL), --kernel $(KERNEL),/mlp) $(ARGS)

julia: $(READY)  ## install Julia and what it needs here, if no fit one is found
	$(RUN) julia

peers: $(READY)  ## add JAX, Numba, PyTorch (CPU), TensorFlow and Keras: make peers PEERS="jax numba"
	$(VENV)/bin/python scripts/make_peers.py $(PEERS) --own $(OWN) --pip-args="$(PIP_ARGS)"

test: $(READY)  ## the tests, two at a time, but for those that take long by themselves
	$(VENV)/bin/python -m pytest $(FAST) $(ARGS)

test-times: $(READY)  ## the same, and where their time goes: seconds of every file, and the slowest cases
	$(VENV)/bin/python scripts/time_tests.py $(FAST) $(ARGS)

coverage: $(READY)  ## the same, and which lines they ran: htmlcov/index.html
	$(VENV)/bin/python -m pytest $(FAST) --cov --cov-report=term:skip-covered --cov-report=html $(ARGS)

test-slow: $(READY)  ## those that take long (libraries that compile, fifty kills, ten times the examples), then those that need the machine for themselves
	$(VENV)/bin/python -m pytest -n 2 --dist worksteal -m slow $(ARGS)
	HYPOTHESIS_PROFILE=nightly $(VENV)/bin/python -m pytest -n 2 --dist worksteal -m "hypothesis and not slow and not alone" $(ARGS)
	$(VENV)/bin/python -m pytest -m alone

test-versions: $(READY)  ## the tests that meet the dependencies: the oldest ones, and every other Python that is here
	sh scripts/test_versions.sh $(VENV)/bin/python .venvs

check: $(READY)  ## lint and types
	$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/mypy

docs: $(READY)  ## the documents as a site that opens from disk: site/index.html
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --group docs
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/python -m mkdocs build --strict --quiet

format: $(READY)  ## format the code
	$(VENV)/bin/ruff check --fix . ; $(VENV)/bin/ruff format .

release: $(READY)  ## date the changelog, set the version, commit and tag: make release VERSION=0.3.0
	$(VENV)/bin/python scripts/release.py "$(VERSION)"

clean:  ## remove the environments and caches; results are never touched
	rm -rf $(VENV) .venvs .pytest_cache .ruff_cache .mypy_cache .hypothesis .benchmarks .coverage* htmlcov site *.egg-info

$(READY): pyproject.toml scripts/make_environment.sh
	@sh scripts/make_environment.sh "$(PYTHON)" $(VENV)
	@touch $@
