# The only commands a newcomer needs:
#   make demo    publish a model, select its versions, classify with it from Python, C and Rust
#   make test    everything that must hold; STRICT=1 makes a missing optional tool a failure
#   make test-engines   the adapters, on Ray, Spark (needs Java 17), Dask and MLflow
#   make docs    the site of the documentation, in build/site
#   make soak    the long versions: ten times the crashes, every block of a large model, traffic in rounds
#   make check   formatting and lints only
#   make install the C library, its headers, pkg-config and CMake files, below PREFIX
#   make bench   side by side with ONNX Runtime by hand
#   make bench-engines   the adapter of Ray beside one process
#   make wheel   the wheel for every Python from 3.11 on, in build/wheels
#   make clean   forget what was built
# Everything lands in .venv, target, build and models/minilm; cargo and pip keep their own caches.

SHELL       := bash
.SHELLFLAGS := -o pipefail -c

PYTHON  ?= python3
CC      ?= cc
VENV    := .venv
BIN     := $(VENV)/bin
BUILD   := build
LIBRARY := target/debug/libamaas.so

# What the Rust and C programs need to find the runtime that the venv holds.
ORT_LIB  = $(firstword $(wildcard $(VENV)/lib/python3.*/site-packages/onnxruntime/capi/libonnxruntime.so.*))
PLUGIN   = $(firstword $(wildcard $(VENV)/lib/python3.*/site-packages/onnxruntime_ggml/lib/libonnxruntime_ggml.so))
RUN      = env AMAAS_ORT_LIB="$(abspath $(ORT_LIB))" AMAAS_TEST_PLUGIN="$(abspath $(PLUGIN))" AMAAS_MODEL_SIGNING="$(abspath $(SIGNING)/bin/model_signing)"
# Python's model-signing, in a folder of its own: it is large, and wanted with STRICT=1 alone.
SIGNING  := $(BUILD)/model-signing

PREFIX  ?= /usr/local

.PHONY: demo test test-engines docs soak features check bench bench-engines wheel install clean tools build minilm ocr silero smollm2 rust-test python-test c-test

demo: build
	@$(RUN) $(BIN)/python examples/demo.py

test: check build rust-test c-test python-test
	@HOSTILE=400 tests/summary.sh $(BUILD)/rust-test.log $(BUILD)/python-test.log

# --- prerequisites -----------------------------------------------------------------------------

tools:
	@command -v cargo >/dev/null || { echo "missing: Rust 1.92 or newer (cargo)"; exit 1; }
	@cargo --version | awk '{split($$2, v, "."); if (v[1] == 1 && v[2] < 92) {print "missing: Rust 1.92 or newer, found " $$2; exit 1}}'
	@command -v $(PYTHON) >/dev/null || { echo "missing: Python 3.11 or newer ($(PYTHON))"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "missing: Python 3.11 or newer, found $$($(PYTHON) --version)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "missing: Python's venv module (on Debian: apt-get install python3-venv)"; exit 1; }
	@command -v $(CC) >/dev/null || { echo "missing: a C compiler ($(CC))"; exit 1; }

# --- what is installed and built ---------------------------------------------------------------

$(VENV)/installed: requirements-dev.txt requirements-plugin.txt | tools
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-plugin.txt
	@touch $@

$(SIGNING)/installed: requirements-signing.txt | tools
	$(PYTHON) -m venv $(SIGNING)
	$(SIGNING)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-signing.txt
	@touch $@

build: $(VENV)/installed $(BUILD)/classify $(BUILD)/driver
	@mkdir -p $(BUILD)
	@$(BIN)/maturin develop --quiet >$(BUILD)/maturin.log 2>&1 || { cat $(BUILD)/maturin.log; exit 1; }

.PHONY: $(LIBRARY)
$(LIBRARY): | tools
	@cargo build --quiet -p amaas-capi -p amaas-examples
	@ln -sf libamaas.so $(LIBRARY).0

$(BUILD)/classify: examples/classify.c include/amaas.h $(LIBRARY)
	@mkdir -p $(BUILD)
	@$(CC) -std=c11 -O2 -Wall -Wextra -Wpedantic -Werror -Iinclude $< -o $@ -L$(dir $(LIBRARY)) -lamaas -Wl,-rpath,'$(abspath $(dir $(LIBRARY)))'

$(BUILD)/driver: tests/c/driver.c tests/c/fields.h tests/c/media.h include/amaas.h $(LIBRARY)
	@mkdir -p $(BUILD)
	@$(CC) -std=c11 -O2 -Wall -Wextra -Wpedantic -Werror -Iinclude $< -o $@ -L$(dir $(LIBRARY)) -lamaas -Wl,-rpath,'$(abspath $(dir $(LIBRARY)))'

# --- tests -------------------------------------------------------------------------------------

check: $(VENV)/installed
	cargo fmt --all --check
	cargo clippy --quiet --workspace --all-targets -- -D warnings
	cargo clippy --quiet -p amaas-core --lib -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --quiet --workspace --no-deps
	$(BIN)/ruff format --quiet --check .
	$(BIN)/ruff check --quiet .

# A real embedding model, which is fetched rather than committed.
MINILM := models/minilm/all-minilm-l6-v2/1.0.0
minilm: $(MINILM)/amaas.toml models/minilm/.cache/reference.json

$(MINILM)/amaas.toml: models/minilm/build.py | $(VENV)/installed
	$(BIN)/python models/minilm/build.py

models/minilm/.cache/reference.json: models/minilm/reference.py $(MINILM)/amaas.toml
	$(BIN)/python models/minilm/reference.py $(MINILM) 256 >$@.new
	@mv $@.new $@

# A real language model, which is fetched rather than committed.
SMOLLM2 := models/smollm2/smollm2/1.0.0
smollm2: $(SMOLLM2)/amaas.toml

$(SMOLLM2)/amaas.toml: models/smollm2/build.py models/smollm2/graph.py | $(VENV)/installed
	$(BIN)/python models/smollm2/build.py

# A real model over sound with state, and speech for it.
SILERO := models/silero-vad/silero-vad/6.2.3
silero: $(SILERO)/amaas.toml

$(SILERO)/amaas.toml: models/silero-vad/build.py models/silero-vad/graph.py models/silero-vad/reference.py | $(VENV)/installed
	$(BIN)/python models/silero-vad/build.py

# Three real models that read a page, fetched as well.
OCR := models/ocr/rapidocr/1.0.0
ocr: $(OCR)/amaas.toml

$(OCR)/amaas.toml: models/ocr/build.py models/ocr/page.json | $(VENV)/installed
	$(BIN)/python models/ocr/build.py

rust-test: $(VENV)/installed minilm ocr silero smollm2 $(if $(filter 1,$(STRICT)),$(SIGNING)/installed)
	@mkdir -p $(BUILD)
	$(RUN) cargo test --quiet --workspace --no-fail-fast 2>&1 | tee $(BUILD)/rust-test.log

c-test: build ocr
	$(RUN) tests/c/optional.sh
	$(RUN) tests/c/install.sh

python-test: build ocr silero smollm2
	$(BIN)/python -m mypy --strict python/amaas
	$(BIN)/python -m mypy.stubtest amaas._amaas
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(RUN) $(BIN)/python -m pytest -q tests/python 2>&1 | tee $(BUILD)/python-test.log

docs: build
	$(BIN)/python -m mkdocs build --strict --quiet

# The engines are heavy and have a venv of their own; the extension is the one that `build` made.
ENGINES := .venv-engines
$(ENGINES)/installed: requirements-engines.txt | tools
	@command -v java >/dev/null || { echo "missing: Java 17 or newer (on Debian: apt-get install default-jre-headless)"; exit 1; }
	$(PYTHON) -m venv $(ENGINES)
	$(ENGINES)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-engines.txt
	@touch $@

test-engines: build $(ENGINES)/installed
	PYTHONPATH="$(abspath python)" $(ENGINES)/bin/python -m pytest -q -o filterwarnings=default -p no:warnings tests/engines

# The core with each of its features alone, as programs that depend on it choose them.
FEATURES := audio encrypt generation image ledger otel remote sign test-util watch
features:
	for feature in $(FEATURES); do \
	    cargo clippy --quiet -p amaas-core --lib --features $$feature -- -D warnings || exit 1; done

# One line for each crate's tests; they read AMAAS_SOAK and print their counts.
SOAK = $(RUN) AMAAS_SOAK=1 cargo test --quiet
soak: $(VENV)/installed features
	@mkdir -p $(BUILD)
	@rm -f $(BUILD)/soak.log
	$(SOAK) -p amaas-core --test crashes 2>&1 | tee -a $(BUILD)/soak.log
	$(SOAK) -p amaas-core --test faults 2>&1 | tee -a $(BUILD)/soak.log
	$(SOAK) -p amaas-core --test registry -- every_damaged_block clean_up_breaks_nothing 2>&1 | tee -a $(BUILD)/soak.log
	$(SOAK) -p amaas-core --test remote -- clean_up_breaks_no_pull 2>&1 | tee -a $(BUILD)/soak.log
	$(SOAK) -p amaas-core --test soak 2>&1 | tee -a $(BUILD)/soak.log
	$(SOAK) -p amaas-capi --test c -- sanitize --nocapture 2>&1 | tee -a $(BUILD)/soak.log
	$(SOAK) -p amaas-schedules 2>&1 | tee -a $(BUILD)/soak.log
	@tests/summary.sh $(BUILD)/soak.log

# --- installing --------------------------------------------------------------------------------

# A build of some minutes.
.PHONY: dist
dist: | tools
	cargo build --quiet --profile dist -p amaas-capi

# LIBDIR, INCLUDEDIR and DESTDIR are as usual.
install: dist
	PREFIX='$(PREFIX)' amaas-capi/install/install.sh target/dist

# --- measuring ---------------------------------------------------------------------------------

# The peers: what others embed with, and what draws the plot.
$(VENV)/peers: requirements-bench.txt $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	@touch $@

models/paraphrase/model.onnx: models/paraphrase/build.py | $(VENV)/installed
	$(BIN)/python models/paraphrase/build.py

bench: $(VENV)/peers minilm silero smollm2 models/paraphrase/model.onnx dist
	@mkdir -p $(BUILD)
	$(BIN)/maturin develop --quiet --profile wheel
	$(RUN) cargo bench --quiet --no-fail-fast -p amaas-benches
	$(RUN) $(BIN)/python benches/side_by_side.py
	$(RUN) $(BIN)/python benches/serving.py
	$(RUN) $(BIN)/python benches/bulk.py
	$(RUN) $(BIN)/python benches/images.py
	$(RUN) $(BIN)/python benches/memory.py
	$(RUN) $(BIN)/python benches/map.py
	$(RUN) $(BIN)/python benches/voices.py
	$(RUN) $(BIN)/python benches/generation.py
	$(BIN)/python benches/plot.py
	@$(BIN)/python benches/bars.py

bench-engines: build minilm $(ENGINES)/installed
	$(BIN)/maturin develop --quiet --profile wheel
	PYTHONPATH="$(abspath python)" $(ENGINES)/bin/python benches/ray_map.py

wheel: $(VENV)/installed
	$(BIN)/maturin build --profile wheel --strip --out $(BUILD)/wheels

clean:
	rm -rf $(VENV) $(ENGINES) $(BUILD) target
