# The front door. Each target installs what it needs, says what it does, and shows progress on long work.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
CARGO ?= cargo
# CI starts from a clean clone: compiled dependencies are kept outside the checkout.
ifdef CI
export CARGO_TARGET_DIR ?= $(HOME)/.cache/skytrend/target
endif
# Optional arguments of the program: make run ARGS="--set serve.listen=127.0.0.1:9000"
ARGS ?=
# Package lists of a fresh machine are empty: update comes before install.
APT_GET = $$([ "$$(id -u)" = 0 ] || echo sudo) apt-get

.DEFAULT_GOAL := help
.PHONY: help demo run test fmt lint unit crash browser chromium api-test schemathesis soak bench bench-program bench-load plots fuzz

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

demo: ## Simulated Bluesky and the real pipeline, offline: live trends in this terminal and in your browser
	@echo "building skytrend (about three minutes on two cores the first time) …"
	@$(CARGO) build --locked --profile demo -p skytrend
	@exec "$$($(CARGO) metadata --locked --format-version 1 --no-deps | sed -E 's/.*"target_directory":"([^"]+)".*/\1/')/demo/skytrend" demo $(ARGS)

run: ## The live network (Jetstream): trends in this terminal and in your browser
	@echo "building skytrend (release, three to four minutes on two cores the first time) …"
	@$(CARGO) build --locked --release -p skytrend
	@exec "$$($(CARGO) metadata --locked --format-version 1 --no-deps | sed -E 's/.*"target_directory":"([^"]+)".*/\1/')/release/skytrend" run $(ARGS)

test: fmt lint unit crash browser api-test ## All checks: format, lints, unit, property, golden and live tests, crash tests, the dashboard, the API

fmt: ## Check the formatting
	$(CARGO) fmt --all --check

lint: ## Clippy, warnings denied
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

unit: ## Unit, property, golden and live tests
	$(CARGO) test --locked --workspace

crash: ## The pipeline killed at random and at every named crash point, compared with a run that was not
	$(CARGO) test --locked -p skytrend --test crash -- --ignored --nocapture

browser: chromium ## The dashboard in a real browser, against the real program
	$(CARGO) test --locked -p skytrend --test browser -- --ignored --nocapture

chromium: ## Chromium for the browser test, where it is missing (Debian, Ubuntu)
	@command -v chromium || command -v chromium-browser || command -v google-chrome || \
		{ echo "installing Chromium …"; $(APT_GET) update --quiet; $(APT_GET) install --yes --quiet chromium; }

# Outside the target folder, so that `cargo clean` leaves it, and by its pinned versions, so that a change of these
# makes a new one.
SCHEMATHESIS_REQUIREMENTS := crates/skytrend/tests/schemathesis/requirements.txt
SCHEMATHESIS_VENV = $(HOME)/.cache/skytrend/schemathesis-$(shell cksum < $(SCHEMATHESIS_REQUIREMENTS) | cut -d' ' -f1)

api-test: schemathesis ## The OpenAPI document against the real program, by schemathesis
	SCHEMATHESIS=$(SCHEMATHESIS_VENV)/bin/schemathesis \
		$(CARGO) test --locked -p skytrend --test api -- --ignored --nocapture

schemathesis: ## schemathesis for api-test, where it is missing (python3-venv by apt on Debian, Ubuntu)
	@[ -e $(SCHEMATHESIS_VENV)/complete ] || { \
		echo "installing schemathesis …"; \
		python3 -c 'import venv, ensurepip' 2> /dev/null || \
			{ $(APT_GET) update --quiet; $(APT_GET) install --yes --quiet python3-venv; }; \
		rm -rf $(SCHEMATHESIS_VENV); \
		python3 -m venv $(SCHEMATHESIS_VENV); \
		$(SCHEMATHESIS_VENV)/bin/pip install --quiet --requirement $(SCHEMATHESIS_REQUIREMENTS); \
		touch $(SCHEMATHESIS_VENV)/complete; }

bench: ## Criterion benchmarks and the whole program's; figures go to docs/benchmarks.md by hand
	$(CARGO) bench --locked --workspace
	$(MAKE) bench-program

bench-program: ## The whole program: frames on disk to trends, memory, a simulated day
	$(CARGO) build --locked --release -p skytrend
	bench/program.sh

bench-load: ## A thousand followers and 2,000 requests a second at a running skytrend
	$(CARGO) build --locked --release -p skytrend
	bench/load.sh

plots: ## The figures of docs/images from benchmarks run anew (about an hour)
	$(CARGO) build --locked --release -p skytrend -p skytrend-plots
	bench/plots.sh

soak: ## 10,000 events/s over a loopback WebSocket for ten minutes, nothing lost
	$(CARGO) build --locked --release -p skytrend
	bench/soak.sh

fuzz: ## Every fuzz target for FUZZ_SECONDS (default 600) each; needs nightly and cargo-fuzz
	fuzz/run.sh $${FUZZ_SECONDS:-600}
