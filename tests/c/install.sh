#!/usr/bin/env bash
# Installs the library as it was built for the tests, and builds the examples against it three ways:
# with pkg-config, with CMake, and with the static library. Each must run and answer.
set -euo pipefail
cd "$(dirname "$0")/../.."

missing=()
for tool in cmake pkg-config g++; do
  command -v "$tool" >/dev/null || missing+=("$tool")
done
if [ "${#missing[@]}" -gt 0 ]; then
  echo "left out for the lack of a tool: ${missing[*]}"
  [ "${STRICT:-0}" != 1 ]
  exit
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/opt/amaas
PREFIX=$prefix amaas-capi/install/install.sh target/debug

# A package is made below DESTDIR, and says nothing of it.
DESTDIR=$work/stage PREFIX=/usr LIBDIR=/usr/lib/triplet amaas-capi/install/install.sh target/debug
(cd "$work/stage/usr" && find . ! -type d | LC_ALL=C sort) >"$work/files"
diff - "$work/files" <<'END'
./include/amaas.h
./include/amaas.hpp
./lib/triplet/cmake/amaas/amaas-config-version.cmake
./lib/triplet/cmake/amaas/amaas-config.cmake
./lib/triplet/libamaas.a
./lib/triplet/libamaas.so
./lib/triplet/libamaas.so.0
./lib/triplet/libamaas.so.0.1.0
./lib/triplet/pkgconfig/amaas.pc
END
if grep -rlE "$work|@" "$work/stage/usr/lib/triplet/pkgconfig" "$work/stage/usr/lib/triplet/cmake"; then
  echo "an installed file knows where it was made, or was not filled in"
  exit 1
fi
rm -rf "$work/stage"
echo "install: DESTDIR, LIBDIR and PREFIX hold what they should"

strict="-O1 -Wall -Wextra -Wpedantic -Werror -pthread"
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
read -ra flags <<<"$strict $(pkg-config --cflags amaas)"
mkdir "$work/pkg-config" "$work/static"
for way in pkg-config static; do
  case $way in
    pkg-config) read -ra libraries <<<"$(pkg-config --libs amaas) -Wl,-rpath,$prefix/lib" ;;
    static) read -ra libraries <<<"$(pkg-config --variable=static amaas)" ;;
  esac
  cc -std=c11 "${flags[@]}" examples/classify.c -o "$work/$way/classify" "${libraries[@]}"
  cc -std=c11 "${flags[@]}" examples/callbacks.c -o "$work/$way/callbacks" "${libraries[@]}"
  g++ -std=c++17 "${flags[@]}" examples/serve.cpp -o "$work/$way/serve" "${libraries[@]}"
done

cat >"$work/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.16)
project(examples C CXX)
find_package(amaas 0.1 REQUIRED)
find_package(Threads REQUIRED)
set(CMAKE_CXX_STANDARD 17)
foreach(example classify.c callbacks.c serve.cpp)
  get_filename_component(name \${example} NAME_WE)
  add_executable(\${name} $PWD/examples/\${example})
  target_link_libraries(\${name} PRIVATE amaas::amaas Threads::Threads)
endforeach()
add_executable(classify_static $PWD/examples/classify.c)
target_link_libraries(classify_static PRIVATE amaas::static)
END
cmake -S "$work" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$prefix" >"$work/cmake.log" && cmake --build "$work/cmake" >>"$work/cmake.log" ||
  { cat "$work/cmake.log"; exit 1; }

for program in pkg-config/classify cmake/classify cmake/classify_static static/classify; do
  case $(ldd "$work/$program") in
    *libamaas.so.0*) [[ $program != *static* ]] ;;
    *) [[ $program == *static* ]] ;;
  esac || { echo "$program is not linked as it should be"; exit 1; }
  "$work/$program" models/sentiment/1.0.0 'Wonderful!' | grep -q 'positive' || { echo "$program does not answer"; exit 1; }
done
for way in pkg-config cmake static; do
  "$work/$way/callbacks" models/sentiment/1.0.0 'Wonderful!' 'A dull, lifeless mess.' 2>"$work/log" | cut -f 1 | sort | paste -sd ' ' >"$work/labels"
  grep -qx 'negative positive' "$work/labels" && grep -q 'model loaded' "$work/log" || { echo "$way/callbacks does not answer"; exit 1; }
  export AMAAS_HOME=$work/home-$way
  mkdir "$AMAAS_HOME"
  echo 'publish models/sentiment/1.0.0' | "$work/$way/serve" models/sentiment/1.0.0 1 2>/dev/null
  { for i in $(seq 50); do echo Wonderful; done; echo 'publish models/sentiment/1.1.0'; for i in $(seq 50); do echo Wonderful; done; } |
    "$work/$way/serve" 'sentiment@^1' 4 2>"$work/log" >"$work/answers"
  grep -q 'sentiment@^1: 1.0.0 -> 1.1.0' "$work/log" && grep -q '^100 answered' "$work/log" &&
    [ "$(grep -c '^1\.1\.0' "$work/answers")" -ge 50 ] || { echo "$way/serve does not swap"; cat "$work/log"; exit 1; }
  unset AMAAS_HOME
done
echo "examples: built with pkg-config, CMake and the static library, each answers"
