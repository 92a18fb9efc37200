#!/bin/sh
# pawl in one command: builds it, starts a private daemon in a temporary folder, deploys an example, runs it with live
# progress, shows graph, logs and result, and cleans up. Leaves nothing behind but build/release; repeatable.
# usage: sh packaging/quickstart.sh [--no-install]
set -eu
cd "$(dirname "$0")/.."
case ${1:-} in '' | --no-install) ;; *) echo "usage: sh packaging/quickstart.sh [--no-install]" >&2; exit 2 ;; esac

sh packaging/deps.sh build ${1:+"$1"}

# A compiler of this code base takes up to 1.5 GB.
jobs_that_fit() {
    awk -v cores="$(nproc)" '/^MemAvailable/ { fit = int($2 / 1500000); print fit < 1 ? 1 : fit < cores ? fit : cores }' /proc/meminfo
}
build() {
    [ -f build/release/build.ninja ] || cmake --preset release
    cmake --build --preset release -j "$(jobs_that_fit)"
}
echo "Building pawl (a few minutes the first time) …"
mkdir -p build
if ! build >build/quickstart-build.log 2>&1; then
    tail -n 40 build/quickstart-build.log
    echo "The build failed; all of its output is in build/quickstart-build.log" >&2
    exit 1
fi
PATH=$PWD/build/release/bin:$PATH

# Under /tmp because a Unix socket's path holds at most 107 bytes.
place=$(mktemp -d /tmp/pawl-quickstart.XXXXXX)
daemon=''
clean_up() {
    status=$?
    trap - EXIT INT TERM
    if [ -n "$daemon" ]; then
        kill -TERM "$daemon" 2>/dev/null || true
        wait "$daemon" 2>/dev/null || true
    fi
    rm -rf "$place"
    exit $status
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

export PAWL_SOCKET="$place/pawl.sock"
cp -R workflows-examples/quickstart "$place/project"  # its steps write beside it
pawld --foreground --state-dir "$place/state" --socket "$PAWL_SOCKET" >"$place/pawld.log" 2>&1 &
daemon=$!
tries=100  # of 0.1 s
until pawl ping >/dev/null 2>&1; do
    tries=$((tries - 1))
    if [ $tries = 0 ] || ! kill -0 "$daemon" 2>/dev/null; then
        cat "$place/pawld.log" >&2
        echo "pawld did not answer within 10 s" >&2
        exit 1
    fi
    sleep 0.1
done

show() { # a command as a person would type it, then what it does
    printf '\n$ %s\n' "$*"
    "$@"
}
cd "$place/project"
echo
echo "A private pawld listens on $PAWL_SOCKET"
show pawl check .
show pawl deploy . --yes
show pawl graph word-count
outcome=0
show pawl run word-count -i top=3 || outcome=$?
show pawl logs last
show pawl inspect last
show pawl daemon stop
wait "$daemon" || true
daemon=''
echo
[ $outcome = 0 ] || { echo "The run failed." >&2; exit 1; }
echo "The run succeeded. Next: README.md, and the other folders of workflows-examples/"
