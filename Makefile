# Undersigned: every command a developer needs. `make demo` and `make test` set up all they use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	--python-version 3.11 --quiet --no-header
NO_SERVER := SECRET_KEY=for-the-tools SITE_URL=https://localhost DATABASE_URL=dbname=none
DESK := $(shell sed '/^\#/d' locale/desk.txt)
LANGUAGES := $(notdir $(patsubst %/,%,$(wildcard locale/*/)))

.PHONY: demo test lint bench messages lock clean

demo: $(VENV)/demo.installed
	@exec $(BIN)/python -m demo

test: $(VENV)/test.installed
	@exec $(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

lint: $(VENV)/test.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(NO_SERVER) $(BIN)/python -m mypy

# Q=page, phone, sign, publish, visible, copies, workbench, queue, names, figures or imports: see docs/performance.md.
bench: $(VENV)/test.installed
	@exec $(BIN)/python -m bench $(Q)

$(VENV)/demo.installed: requirements-demo.txt
$(VENV)/test.installed: requirements-test.txt
$(VENV)/%.installed:
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing $< (locked, hash-checked) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $<
	@touch $@

# Needs gettext: what visitors and representatives read goes into the catalogues; see docs/languages.md.
messages: $(VENV)/test.installed
	$(NO_SERVER) $(BIN)/python manage.py makemessages $(addprefix --locale ,$(LANGUAGES)) --no-location --no-obsolete \
		$(patsubst %,--ignore="%",$(DESK))
	sed -i '/^"POT-Creation-Date:/d' locale/*/LC_MESSAGES/django.po
	$(NO_SERVER) $(BIN)/python manage.py compilemessages $(addprefix --locale ,$(LANGUAGES)) --ignore=$(VENV)

# Needs uv; the lock files name no registry host.
lock:
	$(LOCK) -o requirements.txt
	$(LOCK) --extra demo -c requirements.txt -o requirements-demo.txt
	$(LOCK) --extra demo --extra test -c requirements-demo.txt -o requirements-test.txt

clean:
	rm -rf $(VENV) .demo .cache
