#!/usr/bin/env bash
# Counts what ran: `summary.sh RUST_LOG PYTHON_LOG`. The last line is the sum.
set -euo pipefail

count() { # log, word
  { grep -oE "[0-9]+ $2" "$1" || true; } | awk '{sum += $1} END {print sum + 0}'
}

passed=0 failed=0
for log in "$@"; do
  own_passed=$(count "$log" passed) own_failed=$(count "$log" failed)
  echo "$(basename "$log" -test.log): $own_passed passed, $own_failed failed"
  passed=$((passed + own_passed)) failed=$((failed + own_failed))
done
cases=$({ grep -ohE "hostile: [0-9]+ cases" "$@" || true; } | awk '{sum += $2} END {print sum + 0}')
echo "$cases hostile cases refused"
echo "$passed passed, $failed failed"
[ "$passed" -gt 0 ] && [ "$failed" = 0 ]
