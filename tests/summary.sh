#!/usr/bin/env bash
# Counts what ran: `summary.sh RUST_LOG PYTHON_LOG`. The last line is the sum.
# Tests say their counts as `hostile: 12 cases`, `crash states: 12` and `kill points: 12`.
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
echo "$(said 'hostile: ' ' cases') hostile cases refused"
echo "$(said 'crash states: ' '') crash states, each the old state or the new"
echo "$(said 'kill points: ' '') kill points, a process killed or refused at each"
echo "$passed passed, $failed failed"
[ "$passed" -gt 0 ] && [ "$failed" = 0 ]
