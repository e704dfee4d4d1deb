#!/usr/bin/env bash
# 10,000 events/s over a loopback WebSocket for ten minutes: the simulated firehose at a capped rate, the release
# binary with the local log. Fails if an event is missing. Usage: bench/soak.sh [seconds] [events per second]
set -euo pipefail
seconds=${1:-600}
rate=${2:-10000}
bin=${SKYTREND_BIN:-$(cargo metadata --locked --format-version 1 --no-deps | sed -E 's/.*"target_directory":"([^"]+)".*/\1/')/release/skytrend}
work=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT
port=$((20000 + RANDOM % 20000))
api=$((port + 1))

"$bin" sim --listen "127.0.0.1:$port" --set sim.speed=0 --set "sim.rate_max=$rate" --set sim.history_minutes=0 \
  --set "sim.events_max=$((seconds * rate))" >"$work/sim.log" 2>&1 &
pids+=($!)
sleep 1
"$bin" run --data-dir "$work/data" --set source.protocol=firehose --set "source.hosts=ws://127.0.0.1:$port" \
  --set source.first_start=oldest --set "serve.listen=127.0.0.1:$api" --set telemetry.format=json >"$work/run.out" 2>"$work/run.log" &
run=$!
pids+=("$run")

status() { curl -s "http://127.0.0.1:$api/api/v1/status"; }
field() { python3 -c "import json,sys; d=json.load(sys.stdin); print(eval('d'+sys.argv[1]))" "$1"; }
peak_kib() { awk '/VmHWM/ {print $2}' "/proc/$run/status"; }
last=-1
for _ in $(seq 1 $((seconds + 120))); do
  sleep 1
  messages=$(status | field "['ingest']['messages']" 2>/dev/null || echo 0)
  printf '\r%s messages, peak %s KiB ' "$messages" "$(peak_kib)"
  if [ "$messages" -ge $((seconds * rate)) ] && [ "$messages" = "$last" ]; then break; fi
  last=$messages
done
echo
status | python3 -m json.tool
echo "peak resident memory: $(peak_kib) KiB; CPU: $(ps -o cputime= -p "$run")"
messages=$(status | field "['ingest']['messages']")
if [ "$messages" -lt $((seconds * rate)) ]; then
  echo "LOST: $messages of $((seconds * rate)) messages arrived" >&2
  exit 1
fi
echo "all $((seconds * rate)) messages arrived"
