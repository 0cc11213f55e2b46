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
  clang -std=c11 -O1 -Iinclude tests/c/test_errors.c -o build/errors-clang -Ltarget/debug -lamaas -Wl,-rpath,"$PWD/target/debug"
  build/errors-clang
  echo "programs: clang takes them without a warning, and one that it built runs"
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
  # It is shown to see by a read beyond an end and by a leak; what ONNX Runtime keeps to the end is suppressed.
  cat >build/planted.c <<'END'
#include "amaas.h"
int main(int argc, char **argv)
{
    amaas_error *error = 0;
    amaas_service_options *options = 0;
    (void)argv;
    if (argc > 1)
        return amaas_service_options_new(&options, &error) | (options = 0, 0);
    amaas_service_options_new(0, &error);
    amaas_error_free(error);
    return amaas_error_status(error) == 0;
}
END
  "${CC:-cc}" -std=c11 -g -Iinclude build/planted.c -o build/planted -Ltarget/debug -lamaas -Wl,-rpath,"$PWD/target/debug"
  look=(valgrind --quiet --suppressions=tests/c/valgrind.supp --error-exitcode=9 --undef-value-errors=no
    --leak-check=full --errors-for-leak-kinds=definite)
  printf 'run\t-\tleft\tfloat32\t1,2\t1,2\tright\tfloat32\t1,2\t3,4\nrun\t-\tleft\tfloat32\t1\t1\n' |
    "${look[@]}" build/driver tests/fixtures/add.onnx
  for planted in "" leak; do
    # shellcheck disable=SC2086
    ! "${look[@]}" build/planted $planted >/dev/null 2>build/planted.log || { echo "valgrind does not see: ${planted:-a read of freed memory}"; exit 1; }
    grep -qE 'Invalid read|definitely lost' build/planted.log || { cat build/planted.log; exit 1; }
  done
  echo "driver: valgrind finds no invalid access and no leak, and finds those that are planted"
else
  missing+=(valgrind)
fi

if [ "${#missing[@]}" -gt 0 ]; then
  echo "left out for the lack of a tool: ${missing[*]}"
  [ "${STRICT:-0}" != 1 ]
fi
