# Python that makes the virtual environment, 3.11 or later
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: build test prove lint load publish report screenshot rollback docs diagrams walkthrough benchmark chromium clean lock demo-seeds

# your own tables: make build VARS='{demo_data: false}'
VARS ?= {}

build: .venv/installed
	cohort-ledger build --vars '$(VARS)'

# your own files: make load DIR=my_files
load: .venv/installed
	cohort-ledger load $(DIR)

# build, run every data test, and only then give readers the new numbers
publish: .venv/installed
	cohort-ledger publish --vars '$(VARS)'

# publish, and write what is published as one HTML file: make report OPTIONS='--mask-names --locale de_DE'
report: publish
	cohort-ledger report $(OPTIONS)

rollback: .venv/installed
	cohort-ledger rollback

# every model and column, lineage and exposures of what is built, as one file
docs: .venv/installed
	cohort-ledger docs --vars '$(VARS)'

# in docs/architecture.md, of the project as it is now
diagrams: .venv/installed
	cohort-ledger docs diagrams

# docs/how_the_numbers_are_made.md, of the demo as it is built
walkthrough: .venv/installed
	cohort-ledger docs walkthrough

# the files that start dbt most often go first, so that none of them runs alone at the end
SLOW_TESTS := $(addprefix tests/python/test_,own_tables.py publish.py incremental.py discipline.py against_reference.py messages.py)
OTHER_TESTS := $(filter-out $(SLOW_TESTS),$(wildcard tests/python/test_*.py tests/python/*/test_*.py))

test: lint chromium
	dbt build
	dbt test --select test_type:unit
	dbt-bouncer run --config-file pyproject.toml
	cohort-ledger hashes > target/hashes_of_first_build.txt
	dbt build --full-refresh --resource-type seed --resource-type model
	cohort-ledger hashes | diff target/hashes_of_first_build.txt -
	pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder -m 'not prove' --durations=30 --durations-min=8 $(SLOW_TESTS) $(OTHER_TESTS)

# what takes longer: mutants of every model, and more random data, edits and kills than `make test` tries
LONG_TESTS := $(addprefix tests/python/test_,mutants.py vars_against_reference.py against_reference.py)
prove: .venv/tests
	COHORT_LEDGER_LONG_TESTS=1 pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder -m 'prove or longer' \
		--durations=20 --durations-min=8 $(LONG_TESTS) $(filter-out $(LONG_TESTS),$(SLOW_TESTS) $(OTHER_TESTS))

lint: .venv/tests
	ruff check .
	ruff format --check .
	yamllint --strict .
	dbt parse --no-partial-parse --warn-error
	sqlfluff lint --processes 2 models tests analyses

# the browser in which the tests open the report; Debian's package, if there is none on the PATH
AS_ROOT := $(if $(filter-out 0,$(shell id -u)),sudo)
chromium:
	@command -v chromium || { $(AS_ROOT) apt-get update --quiet && \
		$(AS_ROOT) apt-get install --yes --no-install-recommends chromium fonts-dejavu-core; } || \
		{ echo "there is no chromium on the PATH, and apt-get could not install it: install Chromium" >&2; exit 1; }

# the picture in the README, of the demo
SHOT := target/screenshot
screenshot: .venv/tests chromium
	rm -rf $(SHOT)
	mkdir -p $(SHOT)
	COHORT_LEDGER_DUCKDB_PATH=$(SHOT)/cohort_ledger.duckdb COHORT_LEDGER_PUBLICATIONS_DIR=$(SHOT)/publications \
		cohort-ledger publish
	COHORT_LEDGER_PUBLICATIONS_DIR=$(SHOT)/publications cohort-ledger report --output $(SHOT)/report.html
	cohort-ledger docs screenshot $(SHOT)/report.html docs/report.png

# what pip says is shown where it fails; modules are compiled when they are first used
PIP_INSTALL := $(BIN)/pip install --disable-pip-version-check --no-compile
quietly = $(1) > .venv/install.log 2>&1 || { cat .venv/install.log >&2; exit 1; }

# what running needs
.venv/packages: requirements.lock
	@echo "installing what running needs into .venv"
	@$(PYTHON) -m venv --clear .venv
	@$(call quietly,$(PIP_INSTALL) --require-hashes -r requirements.lock)
	@touch $@

.venv/installed: .venv/packages pyproject.toml
	@$(call quietly,$(PIP_INSTALL) --no-deps --no-build-isolation --editable .)
	@touch $@

# beside it, what testing, generating data and taking pictures need
.venv/tests: .venv/installed requirements-test.lock
	@echo "installing what testing needs into .venv"
	@$(call quietly,$(PIP_INSTALL) --require-hashes -r requirements.lock -r requirements-test.lock)
	@touch $@

# needs uv; versions stay as they are while they can
LOCKED = --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-strip-extras pyproject.toml
lock:
	uv pip compile $(LOCKED) --group build -o requirements.lock
	uv pip compile $(LOCKED) --group build --group dev --extra analysis -c requirements.lock -o requirements-test.lock \
		$$(sed -n 's/^\([a-z0-9.-]*\).*==.*/--no-emit-package \1/p' requirements.lock)

# sizes by argument: make benchmark CUSTOMERS='100000 1000000' OPTIONS='--folder my_folder --write'
CUSTOMERS ?= 100000 1000000
OPTIONS ?=
benchmark: .venv/tests
	cohort-ledger benchmark $(CUSTOMERS) $(OPTIONS)

demo-seeds: .venv/tests
	cohort-ledger generate --customers 300 --prefix demo_ seeds/demo

clean:
	rm -rf .venv target logs cohort_ledger.duckdb cohort_ledger.artefacts cohort_ledger_docs.html cohort_ledger_report.html
