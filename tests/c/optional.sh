#!/usr/bin/env bash
# The checks of the C face that need a tool beyond a C compiler. What is missing is said in one
# line; with STRICT=1 it is a failure.
set -euo pipefail
cd "$(dirname "$0")/../.."

missing=()

if command -v clang >/dev/null; then
  for mode in "-x c -std=c11" "-x c++ -std=c++17"; do
    # shellcheck disable=SC2086
    echo '#include "amaas.h"
#include "amaas.h"
int main(void) { return AMAAS_ABI_VERSION < 0; }' |
      clang $mode -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only -
  done
  echo "header: clang takes it as C11 and as C++17"
  clang -std=c11 -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only tests/c/*.c examples/*.c
  for standard in c++17 c++20; do
    clang++ -std=$standard -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only tests/c/*.cpp examples/*.cpp
  done
  echo "programs: clang takes them without a warning"
else
  missing+=(clang)
fi

if command -v doxygen >/dev/null; then
  mkdir -p build
  doxygen tests/c/doxygen.conf
  echo "header: doxygen makes a manual of it without a warning"
else
  missing+=(doxygen)
fi

if git rev-parse --git-dir >/dev/null 2>&1 && command -v python3 >/dev/null; then
  python3 tests/c/abi.py
fi

if command -v valgrind >/dev/null; then
  printf 'run\t-\tleft\tfloat32\t1,2\t1,2\tright\tfloat32\t1,2\t3,4\nrun\t-\tleft\tfloat32\t1\t1\n' |
    valgrind --quiet --suppressions=tests/c/valgrind.supp --error-exitcode=9 --undef-value-errors=no build/driver tests/fixtures/add.onnx
  echo "driver: valgrind finds no invalid access"
else
  missing+=(valgrind)
fi

if [ "${#missing[@]}" -gt 0 ]; then
  echo "left out for the lack of a tool: ${missing[*]}"
  [ "${STRICT:-0}" != 1 ]
fi
