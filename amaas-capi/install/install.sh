#!/usr/bin/env bash
# Installs what cargo has built: `install.sh FOLDER`, where FOLDER holds libamaas.so and libamaas.a.
# PREFIX, LIBDIR, INCLUDEDIR say where to, DESTDIR what lies before that while a package is made.
set -euo pipefail
built=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."

prefix=${PREFIX:-/usr/local}
libdir=${LIBDIR:-$prefix/lib}
includedir=${INCLUDEDIR:-$prefix/include}
into=${DESTDIR:-}
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
abi=$(sed -n 's/^#define AMAAS_ABI_VERSION //p' include/amaas.h)
# As `cargo rustc -p amaas-capi --lib -- --print native-static-libs` names them on Linux.
system="-lgcc_s -lutil -lrt -lpthread -lm -ldl -lc"

fill() { # template, target
  sed -e "s|@PREFIX@|$prefix|" -e "s|@LIBDIR@|$libdir|" -e "s|@INCLUDEDIR@|$includedir|" \
    -e "s|@VERSION@|$version|" -e "s|@SERIES@|${version%.*}|" -e "s|@ABI@|$abi|" \
    -e "s|@INCLUDE_FROM_LIBDIR@|$(realpath -m --relative-to="$libdir" "$includedir")|" \
    -e "s|@SYSTEM_LIBRARIES@|$3|" "amaas-capi/install/$1.in" >"$2"
  chmod 644 "$2"
}

install -d "$into$libdir/pkgconfig" "$into$libdir/cmake/amaas" "$into$includedir"
install -m 755 "$built/libamaas.so" "$into$libdir/libamaas.so.$version"
install -m 644 "$built/libamaas.a" "$into$libdir/libamaas.a"
strip --strip-unneeded "$into$libdir/libamaas.so.$version"
strip --strip-debug "$into$libdir/libamaas.a"
ln -sf "libamaas.so.$version" "$into$libdir/libamaas.so.$abi"
ln -sf "libamaas.so.$abi" "$into$libdir/libamaas.so"
install -m 644 include/amaas.h include/amaas.hpp "$into$includedir/"
fill amaas.pc "$into$libdir/pkgconfig/amaas.pc" "$system"
cmake="$into$libdir/cmake/amaas"
fill amaas-config.cmake "$cmake/amaas-config.cmake" "$(sed 's/^-l//; s/ -l/;/g' <<<"$system")"
fill amaas-config-version.cmake "$cmake/amaas-config-version.cmake" ""
