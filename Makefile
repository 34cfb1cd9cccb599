# `make` lists what there is. One line behind ## is the list's text.
# What is set on make's command line (PYTHON=, REDIS_URL=, DATABASE_URL=) is in the environment of what it starts.

VENV   := .venv
PY     := $(VENV)/bin/python
WANTED := $(if $(GPU),gpu,dev)
STAMP  := $(VENV)/.installed-$(WANTED)
PORT   ?= 8000
DATA   ?= var

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-long check fix messages lock bench clean

help: ## list these commands
	@echo "make COMMAND, one of:"
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1|\2/p' Makefile | while IFS='|' read -r name text; do printf '%-12s %s\n' "$$name" "$$text"; done

setup: $(STAMP) ## make .venv with everything in it (GPU=1: for an NVIDIA GPU, without the tools for tests)

demo: $(STAMP) ## start everything on this machine; IMAGES=folder brings in X-rays; PORT=8000 DATA=var
	@exec $(PY) -m pneumo_site.demo --port $(PORT) --data "$(DATA)" $(if $(IMAGES),--images "$(IMAGES)")

test: $(STAMP) ## run the tests (all but those marked long or chaos)
	@$(PY) -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder -m "not long and not chaos"

test-long: $(STAMP) ## run the tests of several minutes
	@$(PY) -m pytest -q -m "long or chaos"

# The settings have no default for these; nothing is signed or stored by a check.
check: export SECRET_KEY = check
check: export EVENT_KEY = check
check: export DATABASE_URL = sqlite://:memory:
check: $(STAMP) ## style, types, direction of imports, missing migrations
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@SECRET_KEY=check EVENT_KEY=check $(PY) -m mypy
	@$(VENV)/bin/lint-imports
	@$(PY) manage.py makemigrations --check --dry-run

fix: $(STAMP) ## format, and mend what can be mended automatically
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

MESSAGES := SECRET_KEY=messages EVENT_KEY=messages DATABASE_URL=sqlite://:memory: $(CURDIR)/$(PY) $(CURDIR)/manage.py
KOREAN   := cases/locale/ko/LC_MESSAGES/django.po

messages: $(STAMP) ## gather the texts for people into cases/locale and compile them (needs gettext; docs/terms.md)
	@$(MESSAGES) makemessages -l ko --no-location --no-obsolete --ignore tests --ignore var --ignore runs
	@msgcat --sort-output -o $(KOREAN) $(KOREAN) && sed -i '/^"POT-Creation-Date: /d' $(KOREAN)
	@cd cases && $(MESSAGES) compilemessages -l ko
	@msgattrib --no-wrap --untranslated $(KOREAN); msgattrib --no-wrap --only-fuzzy $(KOREAN)

LOCKING := $(PY) -m uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate --quiet

lock: $(STAMP) ## write requirements/ anew from pyproject.toml (its [tool.uv] overrides Gradio's pin of Pillow)
	@$(LOCKING) --extra cpu -o requirements/cpu.txt
	@$(LOCKING) --extra gpu -c requirements/cpu.txt -o requirements/gpu.txt
	@$(LOCKING) --extra cpu --extra dev -c requirements/cpu.txt -o requirements/dev.txt

bench: $(STAMP) ## run the benchmarks (NAME=one of them)
	@$(PY) -m benchmarks $(NAME)

clean: ## remove .venv and what the tools keep; the data in var/ stay
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Once for each change of the requirements. A mark of the other kind (CPU, GPU) means a fresh start: the two builds of
# TensorFlow can't live side by side.
$(STAMP): requirements/$(WANTED).txt requirements/install.sh
	@sh requirements/install.sh $(VENV) requirements/$(WANTED).txt $(STAMP)
