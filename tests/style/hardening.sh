#!/bin/sh
# The flags that a built program must carry: position independent, relocations read-only and bound at start, no executable
# stack, stack protector, and _FORTIFY_SOURCE where the build asked for it.
# usage: sh hardening.sh KIND=PROGRAM… [--fortified] | sh hardening.sh --self-test
# KIND: pie (dynamically linked) or static (static-pie: also without an interpreter)
set -eu
command -v readelf >/dev/null 2>&1 || { echo "skipped: readelf is not installed"; exit 77; }

faults_of() { # kind, program, fortified yes|no: one line a fault
    header=$(readelf -Wh "$2") segments=$(readelf -Wl "$2") dynamic=$(readelf -Wd "$2")
    case $header in *'DYN ('*) ;; *) echo "is not position independent" ;; esac
    case $dynamic in *'Flags:'*PIE*) ;; *) echo "is no PIE program" ;; esac
    case $segments in *GNU_RELRO*) ;; *) echo "has no read-only relocations (RELRO)" ;; esac
    case $dynamic in *BIND_NOW* | *'Flags: NOW'*) ;; *) echo "binds lazily (no BIND_NOW)" ;; esac
    echo "$segments" | grep GNU_STACK | grep -q 'RW ' || echo "has an executable stack"
    case $1 in
        static) case $segments in *INTERP*) echo "is linked dynamically" ;; esac ;;
        pie)
            symbols=$(readelf -W --dyn-syms "$2")
            case $symbols in *__stack_chk_fail*) ;; *) echo "has no stack protector" ;; esac
            [ "$3" = no ] || case $symbols in *_chk@*) ;; *) echo "is not fortified" ;; esac ;;
    esac
    case $dynamic in *'(TEXTREL)'*) echo "has relocations in its code" ;; esac
    case $dynamic in *RPATH* | *RUNPATH*) echo "names a library path of the machine that built it" ;; esac
}

self_test() {
    compiler=$(command -v "${CC:-gcc}" || command -v cc) || { echo "skipped: no C compiler"; exit 77; }
    place=$(mktemp -d)
    trap 'rm -rf "$place"' EXIT
    cat >"$place/a.c" <<'C'
#include <stdio.h>
#include <string.h>
int main(int argc, char** argv) {
    char text[16];
    strcpy(text, argv[argc - 1]);
    return puts(text);
}
C
    good='-O1 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE -pie -Wl,-z,relro,-z,now,-z,noexecstack'
    wrong=0
    try() { # what is expected ('' for nothing), kind, flags
        # shellcheck disable=SC2086  # words are wanted here
        "$compiler" $3 "$place/a.c" -o "$place/a" 2>/dev/null
        found=$(faults_of "$2" "$place/a" yes)
        case $1 in
            '') [ -z "$found" ] || { echo "self-test: flags '$3' gave '$found'"; wrong=1; } ;;
            *) case $found in *"$1"*) ;; *) echo "self-test: flags '$3' did not give '$1' but '$found'"; wrong=1 ;; esac ;;
        esac
    }
    try '' pie "$good"
    try '' static "-O1 -fPIE -static-pie -Wl,-z,relro,-z,now,-z,noexecstack"
    try 'position independent' pie "$good -no-pie"
    try 'RELRO' pie "$good -Wl,-z,norelro"
    try 'binds lazily' pie "$good -Wl,-z,lazy"
    try 'executable stack' pie "$good -Wl,-z,execstack"
    try 'stack protector' pie "$good -fno-stack-protector"
    try 'not fortified' pie "$good -U_FORTIFY_SOURCE"
    try 'library path' pie "$good -Wl,-rpath,/somewhere"
    try 'linked dynamically' static "$good"
    [ $wrong = 1 ] || echo "every planted weakness was found"
    exit $wrong
}

[ "${1:-}" != --self-test ] || self_test
fortified=no
for argument in "$@"; do [ "$argument" != --fortified ] || fortified=yes; done
wrong=0
for argument in "$@"; do
    case $argument in --fortified) continue ;; esac
    kind=${argument%%=*} program=${argument#*=}
    faults=$(faults_of "$kind" "$program" $fortified)
    [ -z "$faults" ] || { echo "$faults" | sed "s|^|$program |"; wrong=1; }
done
exit $wrong
