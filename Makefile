# Two commands do all set-up on a bare machine: `make run` and `make test`. They need Python 3.11 to 3.13 and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OLD_CLIENT := .venv-old
BENCH_VENV := $(VENV)/bench
SPARK_VENV := .venv-spark
SIZES ?= 20000 200000 1000000
REPEATS ?= 3
FORGET ?= 1000 1000000
TEST_PROCESSES ?= 2
SAMPLE_DATA := $(or $(CAW_DATA_DIR),data)
# The logs of seeds/sample, moved in time so that they ended when they landed.
SAMPLE_LANDING := $(SAMPLE_DATA)/sample_landing
# The shipped seeds, but for policies that hold a few profiles out, so that the sample tells of every gate.
SAMPLE_SEEDS := $(SAMPLE_DATA)/sample_seeds

# pip would compile all of it, on one core while nothing else can begin; most is never imported.
INSTALL := install --quiet --no-deps --no-compile --require-hashes -r

export DO_NOT_TRACK := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport PYTHONDONTWRITEBYTECODE # it would have each of a hundred processes compile the same files again

.PHONY: help run ui landed-sample test check lint types style parsed format soak spark spark-for-tests spark-soak sample bench lock clean

help:
	@echo "make run     the sample logs, from landing zone to published marts"
	@echo "make ui      Dagster's UI on the same data, on 127.0.0.1"
	@echo "make test    everything: lint, types, unit, dbt, orchestration, integration; all models on Apache Spark where Java can be had"
	@echo "make check   lint, types, unit tests of Python and dbt: in three minutes"
	@echo "make soak    the long campaigns"
	@echo "make spark   the rows of a part of the models on Apache Spark compared with DuckDB's (Java 17; spark-soak: of all)"
	@echo "make bench   how fast, compared with a floor, pandas and dlt: writes docs/benchmarks.md (an hour, and longer where there is Java for Spark; SIZES=\"20000\" FORGET=\"100 10000\" for less)"

run: $(VENV)/.run landed-sample
	@CAW_SEEDS_DIR="$(SAMPLE_SEEDS)" CAW_UI_COMMAND="make ui" $(BIN)/python -P -m caw_dagster.cli run --landing "$(SAMPLE_LANDING)"

ui: $(VENV)/.run landed-sample
	@CAW_SEEDS_DIR="$(SAMPLE_SEEDS)" $(BIN)/python -P -m caw_dagster.cli ui --landing "$(SAMPLE_LANDING)"

landed-sample: $(VENV)/.run
	@PYTHONPATH=. $(BIN)/python -P -m generator.sample_landing "$(SAMPLE_DATA)"
	@PYTHONPATH=. $(BIN)/python -P -m generator.sample_seeds "$(SAMPLE_SEEDS)"

# Two cores all the while: what needs something else begins when that is there, mypy and the largest environment first.
test:
	@$(MAKE) --no-print-directory --jobs 3 types spark-for-tests $(VENV)/.compiled $(OLD_CLIENT)/.done style parsed
	$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder

# Before each commit: minutes.
check: lint parsed
	$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist worksteal tests/unit tests/dbt/test_unit_tests.py

# Two at once: mypy takes as long as all others.
lint: $(VENV)/.dev
	@$(MAKE) --no-print-directory --jobs 2 types style

types: $(VENV)/.dev
	$(BIN)/python -m mypy

style: $(VENV)/.dev
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m bandit -q -c pyproject.toml -r caw orchestration generator
	$(BIN)/python -m tests.support.dependencies
	$(BIN)/python -m tests.support.engine_words
	$(BIN)/python -m tests.support.raw_files
	$(BIN)/sqlfmt --check --quiet dbt_project

# Once, before several test processes ask for it; the environment has parsed what was there when it was made.
parsed: $(VENV)/.dev
	@$(BIN)/python -P -m caw_dagster.dbt.parsing > /dev/null

format: $(VENV)/.dev
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .
	$(BIN)/sqlfmt --quiet dbt_project

soak: parsed
	CAW_SOAK=1 $(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist worksteal -m "soak or sliced"

# Where Spark cannot be had, its test says why. Not before the other editable install: both write what they make of it here.
spark-for-tests: $(VENV)/.run
	@$(BIN)/python -m tests.support.spark_here

# Needs Java 17 or later. pyspark, of 430 MB, is in an environment of its own.
spark: $(SPARK_VENV)/.done
	$(SPARK_VENV)/bin/python -m pytest tests/spark

spark-soak: $(SPARK_VENV)/.done
	CAW_SOAK=1 $(SPARK_VENV)/bin/python -m pytest tests/spark

# The sample logs come from the generator; a test holds the two together.
sample: $(VENV)/.run
	rm -rf seeds/sample
	PYTHONPATH=. $(BIN)/python -P -c "from pathlib import Path; from generator import write_sample; write_sample(Path('seeds/sample'))"

# All sides take turns; dlt has an environment of its own, and so has Spark, which is left out where there is no Java.
bench: $(VENV)/.run $(BENCH_VENV)/.done $(if $(shell command -v java),$(SPARK_VENV)/.done)
	$(BIN)/python -m bench --sizes $(SIZES) --repeats $(REPEATS) --forget $(FORGET) --dlt-python $(BENCH_VENV)/bin/python \
		$(if $(shell command -v java),--spark-python $(SPARK_VENV)/bin/python)

# Locks need uv, which is no dependency of the project: python3 -m pip install uv
lock:
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
		pyproject.toml requirements/build.in -o requirements/run.lock
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header --no-annotate --extra dev \
		pyproject.toml requirements/build.in -c requirements/run.lock -o requirements/dev.lock
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
		requirements/old_client.in -o requirements/old_client.lock
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
		requirements/bench.in -o requirements/bench.lock
	uv pip compile -q --universal --generate-hashes --python-version 3.11 --no-header --no-annotate --extra spark \
		pyproject.toml requirements/build.in requirements/spark.in -c requirements/run.lock -o requirements/spark.lock

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "caw needs Python 3.11 to 3.13; name one with: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.packages: requirements/run.lock | $(VENV)/bin/python
	@echo "Setting up the locked environment in $(VENV) ..."
	@$(BIN)/python -m pip $(INSTALL) requirements/run.lock
	@touch $@

# Next to what else is set up; some packages bring files that no Python of today compiles.
$(VENV)/.compiled: $(VENV)/.packages
	@$(BIN)/python -m compileall -qq $(VENV)/lib || true
	@touch $@

$(VENV)/.run: $(VENV)/.packages pyproject.toml
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@$(BIN)/python -P -m caw_dagster.dbt.parsing > /dev/null
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.run
	@$(BIN)/python -m pip $(INSTALL) requirements/dev.lock
	@touch $@

# An old DuckDB client under an old SQLAlchemy, for the tests that read the published file as a BI tool does. Nobody else
# installs anything there: to set pip up would take as long as to install it all.
$(OLD_CLIENT)/.done: requirements/old_client.lock | $(VENV)/bin/python
	@$(BIN)/python -m venv --without-pip $(OLD_CLIENT)
	@$(BIN)/python -m pip --python $(OLD_CLIENT)/bin/python $(INSTALL) requirements/old_client.lock
	@touch $@

$(BENCH_VENV)/.done: requirements/bench.lock | $(VENV)/bin/python
	@echo "Setting up dlt in $(BENCH_VENV) ..."
	@$(BIN)/python -m venv $(BENCH_VENV)
	@$(BENCH_VENV)/bin/python -m pip $(INSTALL) requirements/bench.lock
	@touch $@

$(SPARK_VENV)/.done: requirements/spark.lock pyproject.toml
	@echo "Setting up the locked environment with Spark in $(SPARK_VENV) ..."
	@$(PYTHON) -m venv $(SPARK_VENV)
	@$(SPARK_VENV)/bin/python -m pip $(INSTALL) requirements/spark.lock
	@$(SPARK_VENV)/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

clean:
	rm -rf $(VENV) $(OLD_CLIENT) $(SPARK_VENV) data build *.egg-info dbt_project/target dbt_project/logs
