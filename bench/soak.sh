#!/usr/bin/env bash
# A sustained load over a loopback WebSocket: the simulated firehose at a capped rate, the release binary with the
# local log. Fails if an event is missing. Usage: bench/soak.sh [seconds, default 600] [events per second, 10000]
set -euo pipefail
seconds=${1:-600}
rate=${2:-10000}
bin=${BIN:-$(cargo metadata --locked --format-version 1 --no-deps | sed -E 's/.*"target_directory":"([^"]+)".*/\1/')/release/skytrend}
work=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT
port=$((20000 + RANDOM % 20000))
api=$((port + 1))
# The world has about 536 events in a simulated second.
minutes=$(((seconds * rate) / (536 * 60) + 1))

"$bin" sim --listen "127.0.0.1:$port" --set sim.speed=0 --set "sim.rate_max=$rate" --set sim.history_minutes=0 \
  --set "sim.duration_minutes=$minutes" --set sim.posts_per_second=69 --set sim.likes_per_post=5.8 \
  >"$work/sim.out" 2>"$work/sim.log" &
sim=$!
pids+=("$sim")
sleep 1
"$bin" run --data-dir "$work/data" --set source.protocol=firehose --set "source.hosts=ws://127.0.0.1:$port" \
  --set source.first_start=oldest --set "serve.listen=127.0.0.1:$api" --set telemetry.filter=warn >"$work/run.out" 2>"$work/run.log" &
run=$!
pids+=("$run")

messages() {
  python3 -c 'import json, sys, urllib.request
try: print(json.load(urllib.request.urlopen(sys.argv[1], timeout=5))["ingest"]["messages"])
except OSError: print(0)' "http://127.0.0.1:$api/api/v1/status"
}
peak_kib() { awk '/VmHWM/ {print $2}' "/proc/$run/status"; }
began=$(date +%s)
last=-1
now=0
while [ "$now" != "$last" ] || [ "$now" = 0 ]; do
  last=$now
  sleep 3
  now=$(messages)
  echo "$(($(date +%s) - began)) s: $now messages, peak $(peak_kib) KiB"
done | awk 'NR % 10 == 1'
took=$(($(date +%s) - began))
got=$(messages)
echo "CPU of skytrend run: $(ps -o cputime= -p "$run"), peak resident memory $(peak_kib) KiB"
grep -c '"missed_messages"' "$work/run.log" && cat "$work/run.log" | head -5 || echo "no loss was reported"
kill -INT "$sim"
wait "$sim" || true
sent=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["events"])' "$work/sim.out")
echo "$sent events sent, $got arrived, in about $took s"
[ "$sent" = "$got" ] || { echo "LOST: $((sent - got))" >&2; exit 1; }
