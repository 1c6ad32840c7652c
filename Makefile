# Every command does its own set-up; a second run finds it done and needs no network.
PYTHON ?= python3
SEEDS ?= 20
PORT ?= 8000

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
HTML := _build/html/index.html

# The reader's shell must not change what is built or how fast.
unexport PYTHONDONTWRITEBYTECODE PYTHONHOME PYTHONPATH PYTHONWARNINGS VIRTUAL_ENV CELLTOKEN_CLAIMS
# One thread each: faster for these sizes than two that fight, and the same figures everywhere.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export NUMBA_NUM_THREADS := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup book test serve slides student student-zip grade data claims budget lock format clean

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

setup: $(READY)  ## install everything into .venv and fetch the models

# -- set-up -----------------------------------------------------------------------------------

$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || { \
	  echo "This course needs Python 3.11, 3.12 or 3.13, and '$(PYTHON)' is not one of them: try 'make PYTHON=python3.12 $(MAKECMDGOALS)'." >&2; exit 1; }
	@echo "==> making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

# uv is ten times faster than pip. It comes from the lock like all else, and pip stands in where it cannot run.
$(VENV)/installed: requirements.lock pyproject.toml | $(VENV)/made
	@echo "==> installing the packages of requirements.lock (about 1 GB, a minute or two)"
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(VENV)/uv.lock
	@if $(BIN)/python -m pip install --quiet --require-hashes -r $(VENV)/uv.lock; then \
	  UV_PYTHON=$(BIN)/python $(BIN)/uv pip install --quiet --require-hashes -r requirements.lock && \
	  UV_PYTHON=$(BIN)/python $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --offline -e . ; \
	else \
	  $(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock && \
	  $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e . ; \
	fi
	@mkdir -p $(VENV)/etc/ipython  # the kernel would warn, at every notebook, that it listens on this machine
	@echo 'c.IPKernelApp.log_level = "ERROR"' > $(VENV)/etc/ipython/ipython_kernel_config.py
	@touch $@

$(VENV)/warm: $(VENV)/installed
	@echo "==> compiling scanpy's fast paths once (half a minute)"
	@$(BIN)/python .ci/warm_up.py
	@touch $@

# What is fetched is written in the manifest; files already in the cache are only checked.
$(READY): $(VENV)/warm data/manifest.toml
	@echo "==> fetching the language models (checked, and kept for next time)"
	@$(BIN)/celltoken fetch
	@touch $@

# -- the book ---------------------------------------------------------------------------------

# Jupyter's execution cache looks only at the notebooks. It must also go when what they run on changes.
INPUTS = cksum requirements.lock data/manifest.toml book/claims.toml $$(ls book/*.json 2>/dev/null) $$(find celltoken -name '*.py' -o -name 'explorer.*s' | sort)

book: export CELLTOKEN_STATIC = 1  # no kernel runs behind the pages: controls carry their frames with them
book: $(READY)  ## execute every chapter and build the site in _build/html
	@mkdir -p _build
	@$(INPUTS) | cmp -s - _build/inputs || { rm -rf _build/.jupyter_cache; $(INPUTS) > _build/inputs; }
	@echo "==> building the book (some minutes from nothing, seconds from cache)"
	@$(BIN)/jupyter-book build -W -n --keep-going --all . || { \
	  echo "==> the book was not built: the first WARNING or Error above names the page and the cell" >&2; exit 1; }
	@echo "==> the book is ready: open $(HTML) in a browser, or run 'make serve'"

serve: $(READY)  ## serve _build/html at http://localhost:8000
	@test -f $(HTML) || $(MAKE) book
	@echo "==> http://localhost:$(PORT) (stop with Ctrl-C)"
	@$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

slides: $(READY)  ## make the slides anew from the built book
	@test -f $(HTML) || $(MAKE) book
	@$(BIN)/celltoken slides

test: export CELLTOKEN_STATIC = 1  # live controls are tested by tests/test_plots.py
test: book $(VENV)/instructor  ## build the book, then run every test
	@echo "==> testing"
	@$(BIN)/python -m pytest -n 2 --dist loadfile --nbval-lax tests chapters && echo "==> every test passed" || \
	  { echo "==> a test failed: the lines above say which and why" >&2; exit 1; }

# -- coursework -------------------------------------------------------------------------------

# Readers and Binder do without nbgrader and Dask; versions of all else are those of the main lock.
$(VENV)/instructor: requirements-instructor.lock | $(READY)
	@echo "==> installing nbgrader and Dask"
	@UV_PYTHON=$(BIN)/python $(BIN)/uv pip install --quiet --require-hashes -r $< || \
	  $(BIN)/python -m pip install --quiet --require-hashes -r $<
	@touch $@

student: $(VENV)/instructor  ## write the edition for students (SEED=7 CHAPTERS="context" if wanted)
	@$(BIN)/celltoken student $(CHAPTERS) $(if $(SEED),--seed $(SEED))

student-zip: $(VENV)/instructor  ## the same, also as one file to hand out
	@mkdir -p _build
	@$(BIN)/celltoken student $(CHAPTERS) $(if $(SEED),--seed $(SEED)) --zip _build/student.zip

grade: $(VENV)/instructor  ## grade DIR=submissions/ into graded/; without DIR a demonstration class
	@$(BIN)/celltoken grade $(DIR) $(if $(SEED),--seed $(SEED)) $(if $(OUT),--out $(OUT))

# -- for authors ------------------------------------------------------------------------------

data: $(READY)  ## rebuild every embedded data file from its source
	@$(BIN)/python data/build

claims: $(READY)  ## measure the claims again over SEEDS=20 seeds
	@$(BIN)/celltoken claims --seeds $(SEEDS)

budget: $(READY)  ## measure each notebook's time and memory, and the book's
	@$(BIN)/celltoken budget --book

format: $(READY)  ## format the code, strip the notebooks, check the spelling
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/python -m celltoken.notebooks --fix chapters book
	@$(BIN)/codespell

lock: $(READY)  ## resolve the dependencies anew: the two locks and environment.yml
	@$(BIN)/uv pip compile --universal --fork-strategy fewest --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate --python-version 3.11 --extra book --extra test --upgrade \
	  --quiet pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --universal --fork-strategy fewest --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate --python-version 3.11 --extra instructor --upgrade \
	  --constraint requirements.lock --quiet pyproject.toml -o requirements-instructor.lock
	@$(BIN)/python .ci/environment.py
	@echo "==> the two locks and environment.yml are new: run 'make test'"

clean:  ## remove the built site and its cache, keep .venv
	@rm -rf _build .pytest_cache .ruff_cache
