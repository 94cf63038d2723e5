# The menu. Each line calls cargo, or a chore of xtask; nothing here is the only way to do it.
# Extra arguments: make run ARGS="--listen 127.0.0.1:9000", make crash ARGS="--seconds 60 --gateways 2".

.DEFAULT_GOAL := help
.PHONY: setup setup-page setup-postgres setup-models run test test-page test-kit lint bench bench-enrich case-slots crash doc clean help

ARGS ?=
MODELS ?= data-models

# Installs Debian packages as root; tells anyone else what to do.
define install
if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qqy $(1); \
else \
	echo "missing: $(1). Install it and try again, for example: sudo apt-get install $(1)" >&2; exit 1; \
fi
endef

setup: ## Check what building needs, and install what can be installed
	@command -v cc >/dev/null || { $(call install,gcc libc6-dev); }
	@command -v git >/dev/null || { $(call install,git); }
	@command -v rustc >/dev/null && command -v cargo >/dev/null || { \
		echo "missing: Rust. Install it with rustup, see https://rustup.rs" >&2; exit 1; }
	@wanted=$$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml); \
	have=$$(rustc --version | cut -d' ' -f2); \
	[ "$$(printf '%s\n%s\n' "$$wanted" "$$have" | sort -V | head -n1)" = "$$wanted" ] || { \
		echo "Rust $$have is too old: $$wanted or newer is needed. Run: rustup update stable" >&2; exit 1; }
	@cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 || { \
		echo "missing: rustfmt or clippy. Run: rustup component add rustfmt clippy" >&2; exit 1; }
	@cargo nextest --version >/dev/null 2>&1 || \
		echo "cargo-nextest is not installed: cargo test does its work, more slowly (cargo install --locked cargo-nextest)"

# Only the tests of the page need them.
setup-page:
	@command -v npm >/dev/null || { $(call install,nodejs npm); }
	@command -v chromium >/dev/null || { $(call install,chromium); }

# Only the tests of the tables on PostgreSQL need it; without it they say so.
setup-postgres:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || { $(call install,postgresql); }

setup-models: ## Download the small model of `hubbub nlp` to MODELS (data-models)
	@crates/nlp/models/setup.sh $(MODELS)

test-page: ## Run the tests of the page, in a real browser
	@cargo build --quiet --package hubbub
	@$(MAKE) --no-print-directory setup-page || { echo "skipped: the tests of the page"; exit 0; }; \
	cd web/tests && npm ci --no-audit --no-fund --silent && npm run --silent types && npm test --silent

test-kit: ## Ask the server and the clients for every promise of the protocol
	@cargo build --quiet --package hubbub
	@command -v python3 >/dev/null || { $(call install,python3); }
	cd clients/python && python3 -m tests
	python3 conformance/run.py --server "target/debug/hubbub serve --dev"
	python3 conformance/run.py --client "python3 conformance/drivers/python_driver.py"
	@if command -v node >/dev/null; then \
		python3 conformance/run.py --client "node --experimental-websocket conformance/drivers/javascript.mjs"; \
	else \
		echo "skipped: the conformance of the JavaScript SDK (there is no Node)"; \
	fi

run: setup ## Build hubbub and start the demo on the address it prints
	cargo run --release --package hubbub -- demo $(ARGS)

test: setup ## Run every test
	@if cargo nextest --version >/dev/null 2>&1; then \
		cargo nextest run --workspace $(ARGS) && cargo test --quiet --workspace --doc; \
	else \
		cargo test --workspace $(ARGS); \
	fi
	@$(MAKE) --no-print-directory test-page
	@$(MAKE) --no-print-directory test-kit

lint: setup ## Check the format, the lints and the plan of the house
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy --workspace --all-targets --features mutants -- -D warnings
	cargo xtask tidy

bench-enrich: setup ## Measure every message through the NLP service, calm and with faults
	cargo xtask bench enrich protections $(ARGS)

case-slots: setup ## Find and remove a bottleneck, step by step, measured: docs/cases/slots.md
	cargo xtask bench slots $(ARGS)

bench: setup ## Measure, one line a figure: name, measured, target, met or missed
	cargo xtask bench $(ARGS)

crash: setup ## Kill and cut power for ten minutes while clients speak; then check the promises
	cargo xtask crash $(ARGS)

doc: ## Build the reference of all crates
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

clean: ## Remove what was built and the histories of crash runs; ./data, what people said, stays
	cargo clean
	rm -rf crash

help: ## Show this menu
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
