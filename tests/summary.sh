#!/usr/bin/env bash
# Counts what ran: `summary.sh RUST_LOG PYTHON_LOG`. The last line is the sum.
# Tests say their counts as `hostile: 12 cases`, `damaged places: 12`, `crash states: 12` and
# `kill points: 12`. With HOSTILE=400 it is a failure when fewer hostile cases were named.
set -euo pipefail

count() { # log, word
  { grep -oE "[0-9]+ $2" "$1" || true; } | awk '{sum += $1} END {print sum + 0}'
}

said() { # before the number, after it; over all logs
  { grep -ohE "$1[0-9]+$2" "${logs[@]}" || true; } | grep -oE "[0-9]+" | awk '{sum += $1} END {print sum + 0}'
}

logs=("$@") passed=0 failed=0
for log in "$@"; do
  own_passed=$(count "$log" passed) own_failed=$(count "$log" failed)
  echo "$(basename "$log" -test.log): $own_passed passed, $own_failed failed"
  passed=$((passed + own_passed)) failed=$((failed + own_failed))
done
hostile=$(said 'hostile: ' ' cases')
echo "$hostile hostile cases refused, and $(said 'damaged places: ' '') places of files flipped or cut"
echo "$(said 'crash states: ' '') crash states, each the old state or the new"
echo "$(said 'kill points: ' '') kill points, a process killed or refused at each"
echo "$passed passed, $failed failed"
if [ "$hostile" -lt "${HOSTILE:-0}" ]; then
  echo "missing: hostile cases, ${HOSTILE} at least"
  exit 1
fi
[ "$passed" -gt 0 ] && [ "$failed" = 0 ]
