#!/usr/bin/env bash
# Runs every fuzz target for the given number of seconds (default 600), JOBS (default 1) at a time; prints what each
# covered and found. Needs a nightly toolchain; installs cargo-fuzz if it is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
jobs=${JOBS:-1}
command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --locked
logs=fuzz/target/logs
mkdir -p "$logs"
cargo +nightly fuzz build
data=${SKYTREND_SHARED_DATA:-../shared/data}
if [ -d "$data" ]; then
  seed() { cargo run --quiet --release --manifest-path fuzz/Cargo.toml --bin seed -- "$1" "fuzz/corpus/$2"; }
  seed "$data/firehose/jetstream_corpus/frames.bin.zst" firehose_frame
  seed "$data/jetstream/golden_v1.jsonl" jetstream_v1
fi
one() {
  local target=$1
  mkdir -p "fuzz/corpus/$target"
  if cargo +nightly fuzz run "$target" -- -max_total_time="$seconds" -max_len=20000 -rss_limit_mb=4096 >"$logs/$target.log" 2>&1; then
    echo "$target: clean, $(grep -E 'stat::|^Done|DONE' "$logs/$target.log" | tail -1)"
  else
    echo "$target: FAILED, see $logs/$target.log" >&2
    return 1
  fi
}
export -f one
export seconds logs
cargo +nightly fuzz list | grep -v "^seed$" | xargs -P "$jobs" -I{} bash -c 'one {}'
