#!/usr/bin/env bash
# Measures what docs/detection.md shows, and draws it into docs/images.
set -euo pipefail
target=$(cargo metadata --locked --format-version 1 --no-deps | sed -E 's/.*"target_directory":"([^"]+)".*/\1/')/release
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "the detector's state over 14 days …"
"$target/skytrend" bench state --days 14 --posts-per-minute 600 --json >"$work/state.jsonl"
"$target/skytrend-plots" state "$work/state.jsonl" docs/images/state.svg

echo "events found over false alarms …"
"$target/skytrend" bench quality --json >"$work/quality.json"
"$target/skytrend-plots" recall "$work/quality.json" docs/images/recall.svg

echo "one trend …"
"$target/skytrend" sim --out "$work/posts.bin" --set sim.duration_minutes=60 --set sim.history_minutes=120 \
  --set sim.posts_per_second=20 --set sim.likes_per_post=0 --set sim.reposts_per_post=0 >/dev/null
"$target/skytrend" replay "$work/posts.bin" --out "$work/trends.jsonl" --set telemetry.filter=error
"$target/skytrend-plots" trend "$work/trends.jsonl" seriesfinale docs/images/trend.svg
