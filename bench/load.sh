#!/usr/bin/env bash
# Many readers at once, release build: 1,000 followers of the stream (10 of them slow) and 2,000 requests a second at a
# skytrend that reads 2,000 events a second, the network's mix. Half an hour of history warms it; then it is started
# anew, so that its memory is that of the steady state. Generator, simulator and server share this machine.
# Usage: bench/load.sh [SECONDS]
set -euo pipefail
seconds=${1:-130}
bin=${BIN:-$(cargo metadata --locked --format-version 1 --no-deps | sed -E 's/.*"target_directory":"([^"]+)".*/\1/')/release/skytrend}
work=$(mktemp -d)
sim= run=
trap '[ -z "$run" ] || kill "$run"; [ -z "$sim" ] || kill "$sim"; wait; rm -rf "$work"' EXIT
feed=127.0.0.1:7201 api=127.0.0.1:7202

"$bin" sim --listen "$feed" --set sim.speed=1 --set sim.posts_per_second=246 --set sim.likes_per_post=5.8 \
  --set sim.reposts_per_post=0.83 --set sim.authors=1000000 --set sim.history_minutes=30 >"$work/sim.log" 2>&1 &
sim=$!
start() {
  "$bin" run --data-dir "$work/data" --set source.hosts="ws://$feed" --set source.first_start=oldest \
    --set serve.listen="$api" >"$work/run.log" 2>&1 &
  run=$!
}
history() { curl --silent "http://$api/api/v1/status" | python3 -c 'import json, sys; print(json.load(sys.stdin)["detector"]["history_minutes"])' 2>/dev/null || echo 0; }
echo "half an hour of history …"
start
until [ "$(history)" -ge 20 ]; do sleep 2; done
kill "$run"; wait "$run" || true
start
until curl --silent --fail "http://$api/health/live" >/dev/null; do sleep 1; done
"$bin" bench load --server "http://$api" --seconds "$seconds" --slow 10
grep -E 'VmHWM|VmRSS' "/proc/$run/status"
# The simulated clock starts when the history has been lived through: by so much it is late.
python3 - "$feed" <<'PY'
import base64, os, re, socket, sys, time
host, port = sys.argv[1].split(":")
stream = socket.create_connection((host, int(port)))
key = base64.b64encode(os.urandom(16)).decode()
stream.sendall((f"GET /subscribe HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
late, end = float("inf"), time.time() + 5
while time.time() < end:
    data, now = stream.recv(1 << 16), time.time() * 1e6
    late = min([late, *(now - int(at) for at in re.findall(rb'"time_us":(\d{16})', data))])
print(f"take {late / 1000:.0f} ms from what is after the end of a window: the simulated clock is late by that")
PY
