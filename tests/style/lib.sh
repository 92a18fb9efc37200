# Shared by the style checks: what a check looks at, how it answers, and the harness of its self-test.
# A check defines check ROOT (prints each violation as "file:line: …") and self_test (uses plant and accept).
# shellcheck shell=sh

source_files() { # folders: our C and C++ files below them, without what is built
    for folder in "$@"; do
        [ ! -d "$folder" ] || find "$folder" -type f \( -name '*.h' -o -name '*.cpp' -o -name '*.c' \) | sort
    done
}

# --- self-test: each planted violation must be found, each legal line must pass ---
self_test_failed=0
fake_tree() { # makes an empty tree and prints its path
    fake=$(mktemp -d)
    mkdir -p "$fake/common" "$fake/daemon" "$fake/cli" "$fake/tests"
    echo "$fake"
}
put() { # tree, file, text
    mkdir -p "$1/$(dirname "$2")"
    printf '// What this file is for.\n%s\n' "$3" >"$1/$2"
}
judge() { # tree, expected part of a violation or '', what was planted
    found=$(check "$1" 2>&1) || true
    rm -rf "$1"
    case $2 in
        '') [ -z "$found" ] && return ;;
        *) case $found in *"$2"*) return ;; esac ;;
    esac
    echo "self-test: planted '$3', expected '${2:-nothing}', found '$found'"
    self_test_failed=1
}
plant() { # file, text, expected part of the violation
    tree=$(fake_tree)
    put "$tree" "$1" "$2"
    judge "$tree" "$3" "$1: $2"
}
plant_two() { # file, file, text in both, expected
    tree=$(fake_tree)
    put "$tree" "$1" "$3"
    put "$tree" "$2" "$3"
    judge "$tree" "$4" "$1, $2: $3"
}
accept() { # file, text
    tree=$(fake_tree)
    put "$tree" "$1" "$2"
    judge "$tree" '' "$1: $2"
}

style_main() { # ROOT or --self-test
    if [ "${1:-}" = --self-test ]; then
        self_test
        [ $self_test_failed = 0 ] && echo "every planted violation was found"
        exit $self_test_failed
    fi
    found=$(check "${1:?usage: ROOT or --self-test}")
    [ -z "$found" ] || { echo "$found"; exit 1; }
}
