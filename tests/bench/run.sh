#!/bin/sh
# Measures pawl against limit programs, interleaved in the same minutes, since absolute times differ from machine to machine.
# usage: sh tests/bench/run.sh [P1 P3 …]      all of them when none is named
# Prints one line a target: name, what, limit, pawl, ratio, target, ok or short. Exits 1 when one is short.
# PAWL_BENCH_ROUNDS (3), PAWL_BENCH_RUNS (100000 finished runs for P9, P10, P13), PAWL_BENCH_BUILD (a build folder, not built anew)
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
rounds=${PAWL_BENCH_ROUNDS:-3}
stored_runs=${PAWL_BENCH_RUNS:-100000}
build=${PAWL_BENCH_BUILD:-}

if [ -z "$build" ]; then
    build=build/release
    cmake --preset release -DPAWL_BENCH=ON >/dev/null
    cmake --build --preset release --target pawl pawld pawl-shim bench >build/bench-build.log || { cat build/bench-build.log; exit 1; }
fi
bin=$(cd "$build/bin" && pwd)
load=$bin/bench_load_client

# State lies beside the build, on a real disk: /tmp may be memory. The socket lies in /tmp: its path holds 107 bytes.
mkdir -p "$build/bench"
place=$(mktemp -d "$root/$build/bench/XXXXXX" 2>/dev/null || mktemp -d "$build/bench/XXXXXX")
short=$(mktemp -d /tmp/pawl-bench.XXXXXX)
socket=$short/s
daemon=''
clean_up() {
    status=$?
    trap - EXIT
    stop_daemon
    rm -rf "$place" "$short"
    exit $status
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# --- a daemon of our own ---
launch_daemon() { # state folder
    "$bin/pawld" --foreground --state-dir "$1" --socket "$socket" --log-level warning >>"$place/pawld.log" 2>&1 &
    daemon=$!
}
start_daemon() {
    launch_daemon "$1"
    "$load" answer "$socket" >/dev/null
}
stop_daemon() {
    [ -n "$daemon" ] || return 0
    kill -TERM "$daemon" 2>/dev/null || true
    wait "$daemon" 2>/dev/null || true
    daemon=''
}
kill_daemon() {
    kill -KILL "$daemon"
    wait "$daemon" 2>/dev/null || true
    daemon=''
}

# --- workflows ---
write_workflow() { # file, name, number of steps, the line that says what a step does
    {
        printf 'kind: workflow\nname: %s\nsteps:\n' "$2"
        i=1
        while [ $i -le "$3" ]; do
            printf '  - {id: s%s, %s}\n' $i "$4"
            i=$((i + 1))
        done
    } >"$1"
}
true_step='argv: [/bin/true]'
set_step='uses: set, with: {n: 1}'
write_thousand() { # folder: 1,000 workflows of 10 steps
    mkdir -p "$1"
    write_workflow "$1/model" "NAME" 10 'run: "echo one step of many", env: {NUMBER: "1"}'
    n=1
    while [ $n -le 1000 ]; do
        sed "s/^name: NAME/name: made-$n/" "$1/model" >"$1/made-$n.yaml"
        n=$((n + 1))
    done
    rm "$1/model"
}

# --- figures ---
figure() { # name: reads "name value  name value", prints the value
    awk -v name="$1" '{ for (i = 1; i < NF; i++) if ($i == name) print $(i + 1) }'
}
calc() { awk "BEGIN { printf \"%.6g\", $1 }" 2>/dev/null || printf unmeasured; }
best() { # higher|lower: the best of the numbers on stdin
    if [ "$1" = higher ]; then sort -g | tail -n 1; else sort -g | head -n 1; fi
}
rss_kib() { awk '/^VmRSS/ { print $2 }' "/proc/$daemon/status"; }
# CPU of the daemon, its shims and all they have reaped, in microseconds (clock ticks are 10 ms: measure over thousands of steps).
cpu_us() {
    ticks=$(for stat in "/proc/$daemon/stat" $(ps -o pid= --ppid "$daemon" | sed 's|^ *\(.*\)|/proc/\1/stat|'); do
        sed 's/^.*) //' "$stat" 2>/dev/null
    done | awk '{ sum += $12 + $13 + $14 + $15 } END { print sum }')
    calc "$ticks * 1000000 / $(getconf CLK_TCK)"
}
shorts=0
report() { # target, what, limit, pawl, ratio, comparison (<= or >=), wanted, unit of the limit and pawl columns
    verdict=$(awk "BEGIN { print ($5 $6 $7) ? \"ok\" : \"short\" }" 2>/dev/null) || verdict=short
    case "$3$4$5" in *unmeasured*) verdict=short ;; esac
    [ "$verdict" = ok ] || shorts=$((shorts + 1))
    printf '%-4s %-52s limit %12s  pawl %12s  ratio %8.2f  target %s %-7s %s\n' "$1" "$2" "$3$8" "$4$8" "$5" "$6" "$7" "$verdict"
}
every_round() { # command…: once a round
    round=0
    while [ $round -lt "$rounds" ]; do
        "$@"
        round=$((round + 1))
    done
}

# --- the targets, a function each ---
# Figures in microseconds or requests a second hold for the machine they were set on: a spawn cost 552 us of CPU there, a bare libuv loop
# answered 83,000 requests a second. Elsewhere they are ratios to the same limits.
# P1 and P2 come from the same runs: ten runs at once of 100 process steps each, against the spawn loop ten at a time.
P1() {
    state=$place/p1
    start_daemon "$state"
    write_workflow "$place/trues.yaml" trues 100 "$true_step"
    "$load" deploy "$socket" "$place/trues.yaml" >/dev/null
    "$load" burst "$socket" trues 2 2 >/dev/null # warms the pool of shims
    : >"$place/p1.limit" && : >"$place/p1.pawl" && : >"$place/p2.limit" && : >"$place/p2.pawl"
    every_round P1_round
    stop_daemon
    limit=$(best higher <"$place/p1.limit") pawl=$(best higher <"$place/p1.pawl")
    report P1 "process steps, 10 at once" "$limit" "$pawl" "$(calc "$pawl / $limit")" '>=' 0.80 /s
    limit=$(best lower <"$place/p2.limit") pawl=$(best lower <"$place/p2.pawl")
    report P2 "CPU a process step (80 us above a spawn of 552)" "$limit" "$pawl" "$(calc "$pawl / $limit")" '<=' 1.145 us
    if command -v ninja >/dev/null 2>&1; then P1_ninja; fi
}
P1_round() {
    spawned=$("$bin/bench_spawn_loop" 1000 10 /bin/true)
    echo "$spawned" | figure per_second >>"$place/p1.limit"
    echo "$spawned" | figure cpu_us >>"$place/p2.limit"
    before=$(cpu_us)
    ms=$("$load" burst "$socket" trues 10 10 | figure ms)
    calc "($(cpu_us) - $before) / 1000" >>"$place/p2.pawl"
    echo >>"$place/p2.pawl"
    calc "1000 * 1000 / $ms" >>"$place/p1.pawl"
    echo >>"$place/p1.pawl"
}
P1_ninja() {
    mkdir -p "$place/ninja"
    awk 'BEGIN { print "rule t\n  command = /bin/true"; for (i = 0; i < 1000; i++) print "build t" i ": t" }' >"$place/ninja/build.ninja"
    every_round ninja_round >"$place/p1.ninja"
    limit=$(best higher <"$place/p1.ninja") pawl=$(best higher <"$place/p1.pawl")
    report P1 "the same against ninja -j10 (commands through sh)" "$limit" "$pawl" "$(calc "$pawl / $limit")" '>=' 1.5 /s
}
ninja_round() {
    begin=$(date +%s%N)
    ninja -C "$place/ninja" -j 10 >/dev/null
    calc "1000 * 1e9 / ($(date +%s%N) - $begin)"
    echo
}
P2() { P1; }

P3() {
    start_daemon "$place/p3"
    write_workflow "$place/ten.yaml" ten 10 "$true_step"
    "$load" deploy "$socket" "$place/ten.yaml" >/dev/null
    "$load" burst "$socket" ten 2 1 >/dev/null
    : >"$place/p3.limit" && : >"$place/p3.pawl"
    every_round P3_round
    stop_daemon
    limit=$(calc "10 * $(best lower <"$place/p3.limit")") pawl=$(best lower <"$place/p3.pawl")
    report P3 "chain of 10 process steps, one run at a time, p50" "$limit" "$pawl" "$(calc "$pawl / $limit")" '<=' 2.2 us
}
P3_round() {
    "$bin/bench_spawn_loop" 300 1 /bin/true | figure p50_us >>"$place/p3.limit"
    "$load" chain "$socket" ten 30 | figure p50_us >>"$place/p3.pawl"
}

P4() {
    start_daemon "$place/p4"
    write_workflow "$place/sets.yaml" sets 1000 "$set_step"
    "$load" deploy "$socket" "$place/sets.yaml" >/dev/null
    : >"$place/p4.limit" && : >"$place/p4.one" && : >"$place/p4.hundred"
    every_round P4_round
    stop_daemon
    limit=$(best higher <"$place/p4.limit") pawl=$(best higher <"$place/p4.one")
    report P4 "in-process steps, one run at a time" "$limit" "$pawl" "$(calc "$pawl / $limit")" '>=' 0.35 /s
    pawl=$(best higher <"$place/p4.hundred")
    report P4 "in-process steps, 100 runs at once" "$limit" "$pawl" "$pawl" '>=' 30000 /s
}
P4_round() {
    rm -f "$place"/commits*
    "$bin/bench_commit_loop" "$place/commits" 1000 | figure per_second >>"$place/p4.limit"
    calc "1000 * 1000 / $("$load" burst "$socket" sets 1 1 | figure ms)" >>"$place/p4.one"
    echo >>"$place/p4.one"
    calc "100 * 1000 * 1000 / $("$load" burst "$socket" sets 100 10 | figure ms)" >>"$place/p4.hundred"
    echo >>"$place/p4.hundred"
}

P7() {
    start_daemon "$place/p7"
    write_workflow "$place/waits.yaml" waits 1 'uses: wait, with: {for: 1h}'
    "$load" deploy "$socket" "$place/waits.yaml" >/dev/null
    "$load" start "$socket" waits 10000 20 >/dev/null &
    starter=$!
    : >"$place/p7.stall"
    while kill -0 $starter 2>/dev/null; do
        "$load" get "$socket" /v1/ping 200 1 | figure max_us >>"$place/p7.stall"
    done
    wait $starter
    sleep 1
    rss=$(calc "$(rss_kib) / 1024")
    stall=$(calc "$(best higher <"$place/p7.stall") / 1000")
    report P7 "10,000 waiting runs, resident MB" - "$rss" "$rss" '<=' 60 ''
    report P7 "longest answer while they were started, ms" - "$stall" "$stall" '<=' 50 ''
    stop_daemon
}

P8() {
    start_daemon "$place/p8"
    sleep 1
    idle=$(rss_kib)
    report P8 "idle, resident MB" - "$(calc "$idle / 1024")" "$(calc "$idle / 1024")" '<=' 12 ''
    write_thousand "$place/thousand"
    "$load" deploy "$socket" "$place"/thousand/*.yaml >/dev/null
    sleep 1
    more=$(calc "($(rss_kib) - $idle) / 1024")
    report P8 "1,000 workflows of 10 steps, resident MB more" - "$more" "$more" '<=' 10 ''
    stop_daemon
}

# A state folder with 1,000 workflows and many finished runs, made once for P9, P10 and P13.
fill_state() {
    filled=$place/filled
    [ ! -d "$filled" ] || return 0
    start_daemon "$filled"
    [ -d "$place/thousand" ] || write_thousand "$place/thousand"
    "$load" deploy "$socket" "$place"/thousand/*.yaml >/dev/null
    write_workflow "$place/small.yaml" small 1 "$set_step"
    write_workflow "$place/due.yaml" due 1 'uses: wait, with: {for: "5s"}'
    printf '  - {id: then, uses: set, with: {n: 2}}\n' >>"$place/due.yaml"
    "$load" deploy "$socket" "$place/small.yaml" "$place/due.yaml" >/dev/null
    "$load" burst "$socket" small "$stored_runs" 32 >/dev/null
    stop_daemon
}
P9() {
    fill_state
    : >"$place/p9"
    every_round P9_round
    cold=$(best lower <"$place/p9")
    report P9 "start to first answer, $stored_runs runs stored, ms" - "$cold" "$cold" '<=' 50 ''
}
P9_round() {
    launch_daemon "$filled"
    "$load" answer "$socket" | figure ms >>"$place/p9"
    stop_daemon
}

# 1,000 runs wait for a timer that comes due while the daemon is dead; recovered means that each of them has gone on to its end.
P10() {
    fill_state
    : >"$place/p10"
    every_round P10_round
    again=$(best lower <"$place/p10")
    report P10 "kill -9 until 1,000 live runs have gone on, ms" - "$again" "$again" '<=' 250 ''
}
P10_round() {
    start_daemon "$filled"
    "$load" start "$socket" due 1000 32 >/dev/null
    kill_daemon
    sleep 6
    begin=$(date +%s%N)
    launch_daemon "$filled"
    "$load" answer "$socket" >/dev/null
    "$load" idle "$socket" 60000 >/dev/null
    calc "($(date +%s%N) - $begin) / 1e6" >>"$place/p10"
    echo >>"$place/p10"
    stop_daemon
}

P11() {
    start_daemon "$place/p11"
    : >"$place/p11.limit" && : >"$place/p11.pawl" && : >"$place/p11.p99" && : >"$place/p11.rate" && : >"$place/p11.bare"
    export PAWL_SOCKET="$socket"
    every_round P11_round
    unset PAWL_SOCKET
    stop_daemon
    limit=$(best lower <"$place/p11.limit") pawl=$(best lower <"$place/p11.pawl")
    report P11 "pawl ping as a whole process, p50" "$limit" "$pawl" "$(calc "$pawl / $limit")" '<=' 3 us
    pawl=$(best lower <"$place/p11.p99")
    report P11 "status request on a kept connection, p99 us" - "$pawl" "$pawl" '<=' 300 ''
    limit=$(best higher <"$place/p11.bare") pawl=$(best higher <"$place/p11.rate")
    report P11 "status requests (50,000 where a bare loop does 83,000)" "$limit" "$pawl" "$(calc "$pawl / $limit")" '>=' 0.6 /s
}
P11_round() {
    "$bin/bench_spawn_loop" 300 1 /bin/true | figure p50_us >>"$place/p11.limit"
    "$bin/bench_spawn_loop" 300 1 "$bin/pawl" ping | figure p50_us >>"$place/p11.pawl"
    "$load" get "$socket" /v1/status 5000 1 | figure p99_us >>"$place/p11.p99"
    "$load" get "$socket" /v1/status 40000 8 | figure per_second >>"$place/p11.rate"
    "$bin/bench_socket_answer" "$short/bare" & bare=$!
    until [ -S "$short/bare" ]; do sleep 0.05; done
    "$load" get "$short/bare" / 40000 8 | figure per_second >>"$place/p11.bare"
    kill "$bare"
    wait "$bare" 2>/dev/null || true
}

P12() {
    [ -d "$place/thousand" ] || write_thousand "$place/thousand"
    : >"$place/p12.limit" && : >"$place/p12.pawl"
    every_round P12_round
    limit=$(best lower <"$place/p12.limit") pawl=$(best lower <"$place/p12.pawl")
    report P12 "deploy of 1,000 files in one transaction" "$limit" "$pawl" "$(calc "$pawl / $limit")" '<=' 2.5 ms
}
P12_round() { # a new daemon each time: a second deploy of the same files stores nothing
    "$bin/bench_yaml_events" "$place"/thousand/*.yaml | figure ms >>"$place/p12.limit"
    start_daemon "$place/p12.$round"
    "$load" deploy "$socket" "$place"/thousand/*.yaml | figure ms >>"$place/p12.pawl"
    stop_daemon
}

P13() {
    fill_state
    start_daemon "$filled"
    : >"$place/p13"
    every_round P13_round
    stop_daemon
    list=$(calc "$(best lower <"$place/p13") / 1000")
    report P13 "list of 50 among $stored_runs runs, p99 ms" - "$list" "$list" '<=' 50 ''
}
P13_round() { "$load" get "$socket" '/v1/runs?limit=50' 200 1 | figure p99_us >>"$place/p13"; }

# 1 ms a file is what a person waits for a whole project of that size; reading it cannot be quicker than its YAML.
P15() {
    [ -d "$place/thousand" ] || write_thousand "$place/thousand"
    cp -R "$place/thousand" "$place/checked"
    printf 'kind: project\nname: checked\n' >"$place/checked/pawl.yaml"
    : >"$place/p15.limit" && : >"$place/p15.pawl"
    every_round P15_round
    limit=$(calc "2.5 * $(best lower <"$place/p15.limit") + 1000") pawl=$(best lower <"$place/p15.pawl")
    report P15 "check of 1,000 files (limit: 2.5 parses + 1 ms a file)" "$limit" "$pawl" "$(calc "$pawl / $limit")" '<=' 1 ms
}
P15_round() {
    "$bin/bench_yaml_events" "$place"/checked/*.yaml | figure ms >>"$place/p15.limit"
    milliseconds "$bin/pawl" check "$place/checked" >>"$place/p15.pawl"
}
milliseconds() { # command…: how long it took
    begin=$(date +%s%N)
    "$@" >"$place/timed.out" 2>&1 || { cat "$place/timed.out" >&2; exit 1; }
    calc "($(date +%s%N) - $begin) / 1e6"
    echo
}

# All files are read, and only the one that is not as deployed is loaded: by the daemon, which knows the texts of the others.
P16() {
    [ -d "$place/thousand" ] || write_thousand "$place/thousand"
    cp -R "$place/thousand" "$place/planned"
    printf 'kind: project\nname: planned\n' >"$place/planned/pawl.yaml"
    start_daemon "$place/p16"
    PAWL_SOCKET=$socket "$bin/pawl" deploy "$place/planned" --yes >"$place/timed.out" 2>&1 || { cat "$place/timed.out" >&2; exit 1; }
    sed -i 's/one step of many/one step of a few/' "$place/planned/made-500.yaml"
    : >"$place/p16.pawl"
    PAWL_SOCKET=$socket every_round P16_round
    stop_daemon
    grep -q '1 changed, 999 unchanged' "$place/timed.out" || { cat "$place/timed.out" >&2; exit 1; }
    pawl=$(best lower <"$place/p16.pawl")
    report P16 "plan of 1,000 workflows after one edit" 200 "$pawl" "$(calc "$pawl / 200")" '<=' 1 ms
}
P16_round() {
    export PAWL_SOCKET
    milliseconds "$bin/pawl" plan "$place/planned" >>"$place/p16.pawl"
}

C1() {
    : >"$place/c1.limit" && : >"$place/c1.pawl"
    every_round C1_round
    limit=$(best lower <"$place/c1.limit") pawl=$(best lower <"$place/c1.pawl")
    report C1 "condition of three comparisons, p50 ns (limit: by hand)" "$limit" "$pawl" "$pawl" '<=' 500 ns
}
C1_round() {
    "$bin/bench_cel_condition" >"$place/c1"
    figure naive_p50_ns <"$place/c1" >>"$place/c1.limit"
    figure cel_p50_ns <"$place/c1" >>"$place/c1.pawl"
}

echo "$(uname -sr), $(nproc) cores, $(date +%F), best of $rounds rounds"
[ $# -gt 0 ] || set -- P1 P3 P4 P7 P8 P9 P10 P11 P12 P13 P15 P16 C1
for target in "$@"; do
    case $target in
        P1 | P2 | P3 | P4 | P7 | P8 | P9 | P10 | P11 | P12 | P13 | P15 | P16 | C1) ;;
        *) echo "no such target: $target" >&2; exit 2 ;;
    esac
    "$target" || { echo "$target could not be measured:"; tail -n 20 "$place/pawld.log"; stop_daemon; shorts=$((shorts + 1)); }
done
[ $shorts = 0 ]
