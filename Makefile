# One command per job, the same on every machine; `make` alone lists them. Each works first on a fresh clone.
# A step prints one line, and its output only when it fails (scripts/step.sh).
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

STEP := scripts/step.sh
# Guest packages: what plugin authors compile, then the plugins of this repository, which are built to wasm.
KIT := nd-types nd-pdk nd-pdk-macros
PLUGINS := $(shell grep -hm1 '^name = ' examples/*/Cargo.toml tests/fixtures/*/Cargo.toml 2>/dev/null | cut -d'"' -f2)
# `plugin` is the profile that plugins ship with. Lints use it too, to share its build scripts and macros.
WASM := --profile plugin --target wasm32-wasip1
# Programs and tests together: Cargo picks features by what it builds, and two choices are two builds of the wasm engine.
BUILD := cargo build --workspace --all-targets
# What a fork writes in its own Makefile: bindings for its plugin and for its host, from its definitions.
OWN := examples/own-service
OWN_BINDINGS := bindings --input $(OWN)/definitions --shared . --guest $(OWN)/src/own --host $(OWN)/tests/host/own
# The demo reads the owner's own music when it is given: make demo MUSIC=/some/folder
export MUSIC

.PHONY: help
help: ## Lists these commands
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: demo
demo: plugins ## Runs the two example plugins end to end, on made-up music or on MUSIC=<folder>
	@$(STEP) host "build the demo and its host (the first time takes up to half an hour on two cores)" -- $(BUILD)
	@"$${CARGO_TARGET_DIR:-target}/debug/nd-demo"

.PHONY: test
test: fmt-check check-gen lint plugins unit docs test-wasm msrv ## Runs every check: what CI runs

.PHONY: setup
setup: wasm-target ## Adds the wasm targets and the Rust components that the other commands use
	@$(STEP) setup "target wasm32-unknown-unknown, rustfmt, clippy" -- bash -c \
		'scripts/wasm-target.sh wasm32-unknown-unknown; \
		cargo fmt --version && cargo clippy --version || rustup component add rustfmt clippy'

.PHONY: wasm-target
wasm-target:
	@$(STEP) target "target wasm32-wasip1" -- scripts/wasm-target.sh wasm32-wasip1

.PHONY: plugins
plugins: wasm-target ## Builds the example and fixture plugins to wasm
	@$(STEP) plugins "build the plugins to wasm" -- cargo build $(WASM) $(PLUGINS:%=--package=%)

.PHONY: gen
gen: ## Regenerates everything generated, from capabilities/ and from the definitions of examples/own-service
	@cargo run --quiet --package nd-hostgen
	@cargo run --quiet --package nd-hostgen -- $(OWN_BINDINGS)

.PHONY: check-gen
check-gen: ## Fails when a generated file is stale, missing or left over
	@$(STEP) check-gen "generated files are fresh" --hint "run 'make gen' and commit the result" -- bash -c \
		'cargo run --quiet --package nd-hostgen -- --check && \
		cargo run --quiet --package nd-hostgen -- $(OWN_BINDINGS) --check'

.PHONY: fmt
fmt: ## Formats all sources
	@cargo fmt --all

.PHONY: fmt-check
fmt-check: setup
	@$(STEP) fmt "sources are formatted" --hint "run 'make fmt'" -- cargo fmt --all --check -- --color never

.PHONY: lint
lint: setup ## Runs clippy with warnings denied, natively and for wasm
	@$(STEP) lint "clippy, native" -- cargo clippy --workspace --all-targets -- -D warnings
	@$(STEP) lint-wasm "clippy, wasm32-wasip1" -- \
		cargo clippy $(WASM) $(KIT:%=--package=%) $(PLUGINS:%=--package=%) -- -D warnings

.PHONY: unit
unit: plugins ## Runs unit, golden, compile-fail, doc and end-to-end tests
	@$(STEP) test "unit, golden, compile-fail, doc and end-to-end tests" -- cargo test --workspace --no-fail-fast

.PHONY: bench
# In the profile of the tests, to share their build of the wasm engine; host and generator are optimised, as the engine is.
bench: plugins ## Measures speed and what plugins cost, each figure beside its floor, goal or budget
	@cargo bench --quiet --workspace --profile dev --config profile.dev.package.nd-test-host.opt-level=1 \
		--config profile.dev.package.nd-hostgen.opt-level=1 --bench generator --bench speed --bench costs

.PHONY: docs
# Asking for examples makes Cargo choose the features of the other steps, and so use what they have built.
docs: ## Builds the API documentation with warnings denied
	@RUSTDOCFLAGS="-D warnings" $(STEP) docs "API documentation, private items included" -- \
		cargo doc --workspace --no-deps --document-private-items --lib --examples

.PHONY: test-wasm
test-wasm: ## Runs the tests of the wire types once more on wasm32, in Node
	@$(STEP) test-wasm "tests of the wire types on wasm32" -- scripts/test-wasm.sh nd-types wire

.PHONY: msrv
msrv: ## Checks the guest packages with the oldest Rust that they promise to support
	@$(STEP) msrv "guest packages with Rust $$(sed -n 's/^rust-version = "\(.*\)"$$/\1/p' Cargo.toml)" -- \
		scripts/check-msrv.sh $(KIT)
