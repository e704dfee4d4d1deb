#!/usr/bin/env bash
# The whole program, release build: frames on disk to trends, with the memory log and with the local log, side by
# side, median of RUNS; then a simulated day for its peak memory. Usage: bench/program.sh [RUNS]
set -euo pipefail
runs=${1:-5}
bin=${BIN:-$(cargo metadata --locked --format-version 1 --no-deps | sed -E 's/.*"target_directory":"([^"]+)".*/\1/')/release/skytrend}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "machine: $(nproc) cores, $(awk -F: '/model name/ {print $2; exit}' /proc/cpuinfo)"
echo "writing a simulated hour at the network's rate, posts only …"
world=(--format frames --set sim.history_minutes=0 --set sim.posts_per_second=69 --set sim.authors=1000000)
"$bin" sim --out "$work/posts.bin" "${world[@]}" --set sim.duration_minutes=60 \
  --set sim.likes_per_post=0 --set sim.reposts_per_post=0 --set sim.follows_per_post=0
echo "writing half a simulated hour of the whole network …"
"$bin" sim --out "$work/mix.bin" "${world[@]}" --set sim.duration_minutes=30 \
  --set sim.likes_per_post=5.8 --set sim.reposts_per_post=0.83
ls -l "$work" | awk 'NR > 1 {print "  " $9 ": " $5 " bytes"}'

one() { "$bin" replay "$@" --summary json --set telemetry.filter=error 2>/dev/null; }
rates() { python3 -c '
import json, statistics, sys
rows = [json.loads(line) for line in sys.stdin]
posts = statistics.median(row["posts"] / row["seconds"] for row in rows)
frames = statistics.median(row["frames"] / row["seconds"] for row in rows)
print(f"  {sys.argv[1]}: {posts:,.0f} posts/s, {frames:,.0f} frames/s (median of {len(rows)})")' "$1"; }
for input in posts mix; do
  : >"$work/memory.json"; : >"$work/local.json"
  for _ in $(seq "$runs"); do # side by side, so that a noisy minute hits both
    one "$work/$input.bin" >>"$work/memory.json"
    rm -rf "$work/log"
    one "$work/$input.bin" --log-dir "$work/log" >>"$work/local.json"
  done
  rates "$input, memory log" <"$work/memory.json"
  rates "$input, local log" <"$work/local.json"
done
rm -f "$work"/*.bin

echo "a simulated day of the network's posts, for peak memory …"
mkfifo "$work/day.bin" # a day of frames is 39 GB
day() {
  "$bin" sim --out "$work/day.bin" "${world[@]}" --set sim.duration_minutes=1440 --set sim.likes_per_post=0.2 >/dev/null &
  python3 - "$@" <<'PY'
import json, resource, subprocess, sys
out = subprocess.run([*sys.argv[2:], "--summary", "json", "--set", "telemetry.filter=error"],
                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
peak_kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
row = json.loads(out)
print(f"  {sys.argv[1]}: {row['frames']:,} frames, {row['posts']:,} posts in {row['seconds']:.0f} s beside the simulator; "
      f"peak resident memory {peak_kib / 1024:.0f} MiB")
PY
  wait
}
day "memory log" "$bin" replay "$work/day.bin"
rm -rf "$work/log"
day "local log" "$bin" replay "$work/day.bin" --log-dir "$work/log"
