#!/bin/sh
# Maps must lead somewhere: every file or folder named in backquotes by README.md and the other maps exists.
# usage: sh paths.sh ROOT | sh paths.sh --self-test
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

# Quoted words that look like a path of the tree: no blank, wildcard, variable or option; a slash or a known ending.
named_paths() { # page: "line path"
    awk '{
        rest = $0
        while (match(rest, /`[^`]+`/)) {
            word = substr(rest, RSTART + 1, RLENGTH - 2)
            rest = substr(rest, RSTART + RLENGTH)
            if (word ~ /[ *$<>{}()=:,…"|\\]/ || word ~ /^[-~\/.#@]/ && word !~ /^[.]ci\// || word ~ /^(http|v1|build)/) continue
            if (word ~ /\// || word ~ /[.](md|sh|h|c|cpp|txt|json|yaml|[1-8])$/) print NR, word
        }
    }' "$1"
}

check() { # root
    cd "$1"
    for page in README.md SECURITY.md daemon/README.md workflows-examples/README.md; do
        [ -f "$page" ] || continue
        folder=$(dirname "$page")
        named_paths "$page" | while read -r line path; do
            [ -e "$path" ] || [ -e "$folder/$path" ] || echo "$page:$line: '$path' does not exist"
        done
    done
}

# shellcheck disable=SC2016  # backquotes are the text
self_test() {
    plant README.md 'Read `daemon/gone.cpp` first.' "'daemon/gone.cpp' does not exist"
    plant README.md 'Run `sh tests/run.sh`, see `tests/nothere/`.' "'tests/nothere/' does not exist"
    plant daemon/README.md 'Then `turn.cpp`.' "'turn.cpp' does not exist"
    accept README.md 'A `daemon/` and `pawl run --local FILE`, `/var/lib/pawl`, `$PAWL_OUTPUT`, `common/*.h`.'
    tree=$(fake_tree)
    put "$tree" daemon/turn.cpp ''
    put "$tree" daemon/README.md 'Then `turn.cpp`, which is `daemon/turn.cpp`.'
    judge "$tree" '' 'paths from the page and from the root'
}
style_main "$@"
