#!/bin/sh
# Every test of pawl, from an empty checkout on. The last line is "N passed, N failed[, N skipped]"; skipped is never passed.
# usage: sh tests/run.sh [--quick|--long] [--no-install]
#   --quick  for the desk: preset ci, its tests but the long fault harnesses, clang-tidy of what you changed
#   --long   for the night: the counts of the nightly table, fuzzing for 20 CPU minutes a target, clang-tidy of every file
# PAWL_TESTS_LONG=1 tells the tests themselves about --long.
set -u
cd "$(dirname "$0")/.." || exit 2

mode=usual
install=''
for argument in "$@"; do
    case $argument in
        --quick | --long) mode=${argument#--} ;;
        --no-install) install=--no-install ;;
        *) echo "usage: sh tests/run.sh [--quick|--long] [--no-install]" >&2; exit 2 ;;
    esac
done
case $mode in
    quick) fuzz_seconds=5 tidy_files_max=6 ;;
    usual) fuzz_seconds=30 tidy_files_max=6 ;;
    long) fuzz_seconds=1200 tidy_files_max=100000; export PAWL_TESTS_LONG=1 ;;
esac
# Settings of the caller that would reach the tests' own daemons.
unset PAWL_SOCKET PAWL_CONFIG PAWL_FORMAT PAWL_PROGRESS PAWL_OUTPUT PAWL_STATE_DIR

# --- counting ---
passed=0 failed=0 skipped=0
logs=build/tests
mkdir -p "$logs"
: >"$logs/failed" && : >"$logs/skipped"
started=$(date +%s)

pass() { passed=$((passed + 1)); }
fail() { failed=$((failed + 1)); echo "FAILED  $1"; echo "$1" >>"$logs/failed"; }
skip() { skipped=$((skipped + 1)); echo "$1: $2" >>"$logs/skipped"; } # name, reason
since_start() { echo $(($(date +%s) - started)); }
heading() { printf '\n== %s (%s s)\n' "$1" "$(since_start)"; }
have() { command -v "$1" >/dev/null 2>&1; }

finish() {
    heading "result"
    [ ! -s "$logs/skipped" ] || { echo "skipped:"; sed 's/^/  /' "$logs/skipped"; }
    [ ! -s "$logs/failed" ] || { echo "failed:"; sed 's/^/  /' "$logs/failed"; }
    tail_of_line=''
    [ $skipped = 0 ] || tail_of_line=", $skipped skipped"
    echo "$passed passed, $failed failed$tail_of_line"
    [ $failed = 0 ] && [ $passed -gt 0 ]
    exit $?
}

# --- building ---
# A compiler of this code base takes up to 1.5 GB, twice that under a sanitizer.
jobs_that_fit() {
    awk -v cores="$(nproc)" '/^MemAvailable/ { fit = int($2 / 1500000); print fit < 1 ? 1 : fit < cores ? fit : cores }' /proc/meminfo
}
jobs=$(jobs_that_fit)

build() { # preset, [configure arguments --] targets: counted when it fails, since nothing of it is tested then
    preset=$1
    shift
    heading "build $preset"
    set_up=''
    while [ $# -gt 0 ] && [ "$1" != -- ]; do set_up="$set_up $1"; shift; done
    [ $# = 0 ] || shift
    # shellcheck disable=SC2086  # words are wanted here
    if cmake --preset "$preset" $set_up >"$logs/build-$preset.log" 2>&1 &&
        cmake --build --preset "$preset" -j "$jobs" ${1:+--target "$@"} >>"$logs/build-$preset.log" 2>&1; then
        return 0
    fi
    grep -E 'error|FAILED' "$logs/build-$preset.log" | head -n 40
    tail -n 15 "$logs/build-$preset.log"
    fail "build $preset (all of it: $logs/build-$preset.log)"
    return 1
}

# --- ctest, a test at a time ---
reason_of() { # preset, test: what a skipped test said, its line "skipped: …"
    awk -v name="$2" '
        / Test: / { inside = ($NF == name) }
        inside && /^skipped: / { sub(/^skipped: /, ""); print; exit }' "build/$1/Testing/Temporary/LastTest.log"
}
run_ctest() { # preset, further arguments of ctest
    preset=$1
    shift
    heading "tests of $preset"
    ctest --test-dir "build/$preset" -j "$jobs" --timeout 900 --output-on-failure "$@" >"$logs/ctest-$preset.log" 2>&1
    # Lines such as " 3/40 Test  #7: test_base ......   Passed    0.02 sec"
    sed -n 's|^ *[0-9]*/[0-9]* Test *#[0-9]*: *\([^ ]*\) \.*\(.*\) [0-9.]* sec.*|\1 \2|p' \
        "$logs/ctest-$preset.log" >"$logs/outcomes-$preset"
    while read -r test outcome; do
        case $outcome in
            *Passed*) pass ;;
            *Skipped* | *Disabled*)
                reason=$(reason_of "$preset" "$test")
                skip "$preset/$test" "${reason:-it gave no reason}" ;;
            *) fail "$preset/$test" ;;
        esac
    done <"$logs/outcomes-$preset"
    [ -s "$logs/outcomes-$preset" ] || fail "ctest of $preset ran nothing"
    if grep -qE '^[0-9]+% tests passed, [1-9]' "$logs/ctest-$preset.log"; then
        grep -vE '(Passed|Start +[0-9]+:)' "$logs/ctest-$preset.log" | head -n 300
        echo "all of it: $logs/ctest-$preset.log"
    fi
    sed -n '/^Total Test time/p' "$logs/ctest-$preset.log"
}

# --- fuzzing ---
clang_suffix() {
    for suffix in -16 -19 -18 -17 ''; do
        if have "clang++$suffix"; then echo "$suffix"; return; fi
    done
    echo none
}
fuzz_one() { # program, seconds: prints nothing; its log tells
    name=${1##*/fuzz_}
    corpus=$(mktemp -d)
    seeds=tests/fuzz/corpus/$name
    [ -d "$seeds" ] || seeds=''
    # shellcheck disable=SC2086  # no word when there is no corpus
    "$1" -max_total_time="$2" -timeout=5 -rss_limit_mb=2048 -detect_leaks=0 -print_final_stats=1 \
        -artifact_prefix="$logs/fuzz-$name-" "$corpus" $seeds >"$logs/fuzz-$name.log" 2>&1
    echo $? >"$logs/fuzz-$name.status"
    rm -rf "$corpus"
}
fuzz_all() {
    suffix=$(clang_suffix)
    [ "$suffix" != none ] || { skip fuzz "no clang++ here"; return; }
    build fuzz "-DCMAKE_C_COMPILER=clang$suffix" "-DCMAKE_CXX_COMPILER=clang++$suffix" -- fuzz_all || return
    heading "fuzz, $fuzz_seconds s a target, $jobs at a time"
    running=0
    found=no
    for program in build/fuzz/bin/fuzz_*; do
        [ -x "$program" ] || continue
        found=yes
        fuzz_one "$program" "$fuzz_seconds" &
        running=$((running + 1))
        [ $((running % jobs)) != 0 ] || wait
    done
    wait
    [ $found = yes ] || { fail "no fuzz target was built"; return; }
    for program in build/fuzz/bin/fuzz_*; do
        name=${program##*/fuzz_}
        if [ "$(cat "$logs/fuzz-$name.status")" = 0 ]; then
            pass
            sed -n "s/^stat::number_of_executed_units: */$name: inputs /p" "$logs/fuzz-$name.log"
        else
            tail -n 40 "$logs/fuzz-$name.log"
            fail "fuzz/$name (input and log: $logs/fuzz-$name*)"
        fi
    done
}

# --- clang-tidy: every file at night, else those changed since the upstream branch or the last commit ---
changed_sources() {
    if [ "$mode" = long ]; then
        git ls-files '*.cpp'
        return
    fi
    base=$(git merge-base HEAD '@{upstream}' 2>/dev/null) || base=''
    if [ -z "$base" ] || [ "$base" = "$(git rev-parse HEAD)" ]; then base=$(git rev-parse -q --verify HEAD~1) || return 0; fi
    git diff --name-only --diff-filter=d "$base" -- '*.cpp'
}
tidy() {
    heading "clang-tidy"
    program=''
    for suffix in -16 -19; do have "clang-tidy$suffix" && { program=clang-tidy$suffix; break; }; done
    [ -n "$program" ] || { skip clang-tidy "neither clang-tidy-16 nor -19 is here"; return; }
    changed_sources | grep -E '^(common|daemon|cli)/' | head -n "$tidy_files_max" >"$logs/tidy-files"
    [ -s "$logs/tidy-files" ] || { skip clang-tidy "no source of common, daemon or cli has changed"; return; }
    if xargs -n 1 -P "$jobs" "$program" -p build/ci --quiet <"$logs/tidy-files" >"$logs/tidy.log" 2>&1; then
        pass
        wc -l <"$logs/tidy-files" | sed 's/$/ files clean/'
    else
        grep -E '(error|warning):' "$logs/tidy.log" | sort -u | head -n 40
        fail "clang-tidy (all of it: $logs/tidy.log)"
    fi
}

# --- the whole ---
heading "packages"
sh packaging/deps.sh test $install || { fail "packaging/deps.sh"; finish; }

if [ "$mode" = quick ]; then
    build ci -DPAWL_UNIT_TESTS=ON -- && run_ctest ci -LE 'faults|bench' && tidy
    finish
fi
# What a unit test says, it says under the sanitizers; the programs that race, flood and are killed run without them.
build ci -DPAWL_UNIT_TESTS=OFF -- && run_ctest ci && tidy
build asan -- unit_tests fuzz_all && run_ctest asan -R '^(test_|sim|fuzz_replay_)'
build tsan -- test_store test_io && run_ctest tsan -R '^(test_store|test_io)$'
fuzz_all
finish
