# Every command does its own set-up; a second run finds it done and needs no network.
PYTHON ?= python3
RESAMPLES ?= 20
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
.PHONY: help setup book test serve lab slides student student-zip grade compare data claims replicate budget scale lint lock format clean

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

# uv is ten times faster than pip. It comes from a lock like all else, and pip stands in where it cannot run.
# A lock names all that it needs beside the readers' lock, so nothing is looked up besides (--no-deps).
install = UV_PYTHON=$(BIN)/python $(BIN)/uv pip install --quiet --no-deps --require-hashes -r $(1) || \
  $(BIN)/python -m pip install --quiet --no-deps --require-hashes -r $(1)

$(VENV)/installed: requirements.lock pyproject.toml | $(VENV)/made
	@echo "==> installing the packages of requirements.lock (up to 1 GB, a minute or two)"
	@sed -n '/^uv==/,/[^\\]$$/p' requirements-lint.lock > $(VENV)/uv.lock
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r $(VENV)/uv.lock || true
	@$(call install,requirements.lock)
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-index -e .
	@mkdir -p $(VENV)/etc/ipython  # the kernel would warn, at every notebook, that it listens on this machine
	@echo 'c.IPKernelApp.log_level = "ERROR"' > $(VENV)/etc/ipython/ipython_kernel_config.py
	@touch $@

# What only some commands need: $(VENV)/book, lab, test, lint, instructor, data. Readers do without.
$(VENV)/%: requirements-%.lock | $(VENV)/installed
	@echo "==> installing the packages of $<"
	@$(call install,$<)
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

book: export CELLTOKEN_STATIC = 1  # no kernel runs behind the pages: controls carry their frames with them
book: $(READY) $(VENV)/book  ## execute every chapter and build the site in _build/html
	@echo "==> executing the notebooks that a change touches (some minutes from nothing, seconds from cache)"
	@$(BIN)/python -m celltoken.lessons.execution
	@echo "==> building the pages"
	@$(BIN)/jupyter-book build -W -n --keep-going --all . || { \
	  echo "==> the book was not built: the first WARNING or Error above names the page and the cell" >&2; exit 1; }
	@echo "==> the book is ready: open $(HTML) in a browser, or run 'make serve'"

serve: $(READY)  ## serve _build/html at http://localhost:8000
	@test -f $(HTML) || $(MAKE) book
	@echo "==> http://localhost:$(PORT) (stop with Ctrl-C)"
	@$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

lab: $(READY) $(VENV)/lab  ## open the lessons in JupyterLab
	@$(BIN)/jupyter lab

slides: $(READY) $(VENV)/book  ## make the slides anew from the built book
	@test -f $(HTML) || $(MAKE) book
	@$(BIN)/celltoken slides

test: export CELLTOKEN_STATIC = 1  # live controls are tested by tests/figures
test: book $(VENV)/test $(VENV)/lint $(VENV)/instructor  ## build the book, then run every test
	@echo "==> testing"
	@$(BIN)/python -m pytest -n logical tests && echo "==> every test passed" || \
	  { echo "==> a test failed: the lines above say which and why" >&2; exit 1; }

# -- coursework -------------------------------------------------------------------------------

student: $(READY) $(VENV)/instructor  ## write the edition for students (SEED=7 CHAPTERS="context" if wanted)
	@$(BIN)/celltoken student $(CHAPTERS) $(if $(SEED),--seed $(SEED))

student-zip: $(READY) $(VENV)/instructor  ## the same, also as one file to hand out
	@mkdir -p _build
	@$(BIN)/celltoken student $(CHAPTERS) $(if $(SEED),--seed $(SEED)) --zip _build/student.zip

grade: $(READY) $(VENV)/instructor  ## grade DIR=submissions/ into graded/; without DIR the class of DEMO=context
	@$(BIN)/$(if $(DIR),celltoken grade "$(DIR)",python tests/coursework/demo_class.py $(DEMO)) \
	  $(if $(SEED),--seed $(SEED)) $(if $(OUT),--out "$(OUT)")

compare: $(READY) $(VENV)/instructor  ## points of honest students here and under nbgrader, for CHAPTER=tokens or all (slow)
	@$(BIN)/python -W ignore tests/coursework/against_nbgrader.py $(CHAPTER)

# -- for authors ------------------------------------------------------------------------------

data: $(READY) $(VENV)/data  ## rebuild every embedded data file from its source
	@$(BIN)/python data/build

claims: $(READY)  ## measure stale claims on RESAMPLES=20 random halves of their data
	@$(BIN)/celltoken claims --resamples $(RESAMPLES)

replicate: $(READY)  ## measure claims once on second data, after lesson and margin are committed
	@$(BIN)/celltoken replicate

budget: $(READY) $(VENV)/book  ## measure time and memory of LESSON=..., or of all; BOOK=1 also the book's
	@$(BIN)/celltoken budget $(LESSON) $(if $(BOOK),--book)

scale: $(READY) $(VENV)/scale  ## measure a million generated cells and a long text (about half an hour)
	@$(BIN)/celltoken scale

format: $(READY) $(VENV)/lint  ## format the code, strip the notebooks, check the spelling
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/python -m celltoken.lessons.notebooks --fix chapters book
	@$(BIN)/codespell

lock: $(VENV)/lint  ## resolve the dependencies anew: the locks of all groups and environment.yml
	@$(BIN)/python .ci/locks.py $(if $(UPGRADE),--upgrade)
	@echo "==> the locks and environment.yml are new: run 'make test'"

lint: $(READY) $(VENV)/lint $(VENV)/book  ## check the form of LESSON=geometry/low_rank, or of all, in seconds
	@$(BIN)/celltoken lint $(LESSON)

clean:  ## remove the built site and its cache, keep .venv
	@rm -rf _build .pytest_cache .ruff_cache
