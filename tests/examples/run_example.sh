#!/bin/sh
# Executes one folder of workflows-examples with the real binaries and compares with its file `expected`.
# usage: sh run_example.sh BIN_FOLDER EXAMPLE_FOLDER
# The keys of `expected` are described in workflows-examples/README.md.
set -eu
bin=$(cd "$1" && pwd)
example=$(cd "$2" && pwd)

place=$(mktemp -d /tmp/pawl-example.XXXXXX)
daemon=''
clean_up() {
    status=$?
    trap - EXIT
    if [ -n "$daemon" ]; then
        kill -TERM "$daemon" 2>/dev/null || true
        wait "$daemon" 2>/dev/null || true
    fi
    rm -rf "$place"
    exit $status
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# A person's surroundings, and nothing of the caller's settings.
unset PAWL_CONFIG PAWL_FORMAT PAWL_PROGRESS PAWL_OUTPUT PAWL_STATE_DIR
export PATH="$bin:$PATH" HOME="$place/home" XDG_STATE_HOME="$place/home/state" XDG_RUNTIME_DIR="$place/home/runtime"
export PAWL_SOCKET="$place/pawl.sock" NO_COLOR=1 LC_ALL=C.UTF-8
mkdir -p "$HOME" "$XDG_STATE_HOME" "$XDG_RUNTIME_DIR"
chmod 0700 "$XDG_RUNTIME_DIR"
cp -R "$example" "$place/example"
cd "$place/example"

values_of() { # key: each value on a line
    sed -n "s/^$1: //p" expected
}
deadline=$(values_of seconds)
deadline=${deadline:-60}

start_daemon() {
    pawld --foreground --state-dir "$place/state" --socket "$PAWL_SOCKET" >"$place/pawld.log" 2>&1 &
    daemon=$!
    tries=200 # of 0.05 s
    until pawl ping >/dev/null 2>&1; do
        tries=$((tries - 1))
        if [ $tries = 0 ] || ! kill -0 "$daemon" 2>/dev/null; then
            cat "$place/pawld.log"
            echo "pawld did not answer"
            exit 1
        fi
        sleep 0.05
    done
}

# --- execute; a shell's background job ignores SIGINT unless told otherwise, and a person's command does not ---
if [ -f demo.sh ]; then
    start_daemon
    env --default-signal=INT sh demo.sh >"$place/out" 2>"$place/talk" &
else
    file=$(ls ./*.yaml)
    # shellcheck disable=SC2046  # the words of `arguments`
    env --default-signal=INT pawl run --local "$file" --state "$place/state" -o json --progress plain \
        $(values_of arguments) >"$place/out" 2>"$place/talk" </dev/null &
fi
child=$!

interrupt=$(values_of interrupt)
waited=0 # in tenths of a second
while kill -0 "$child" 2>/dev/null; do
    if [ -n "$interrupt" ] && grep -qE "$interrupt" "$place/talk"; then
        kill -INT "$child"
        interrupt=''
    fi
    if [ $waited -ge $((deadline * 10)) ]; then
        kill -KILL "$child"
        echo "not done within $deadline s"
        break
    fi
    sleep 0.1
    waited=$((waited + 1))
done
code=0
wait "$child" || code=$?

# --- compare ---
wrong=0
complain() { echo "$(basename "$example"): $1"; wrong=1; }
cat "$place/out" "$place/talk" >"$place/all"
differences() {
    values_of exit | while read -r wanted; do
        [ "$code" = "$wanted" ] || echo "exit code $code, expected $wanted"
    done
    values_of status | while read -r wanted; do
        grep -qE "^ {0,4}\"status\": ?\"$wanted\"|^\{.*\"status\": ?\"$wanted\"" "$place/out" || echo "the run's status is not '$wanted'"
    done
    values_of match | while IFS= read -r wanted; do
        grep -qE -e "$wanted" "$place/all" || echo "no line matches '$wanted'"
    done
    values_of line | while IFS= read -r wanted; do
        grep -qxF -e "$wanted" "$place/all" || echo "there is no line '$wanted'"
    done
    values_of never | while IFS= read -r unwanted; do
        ! grep -qE -e "$unwanted" "$place/all" || echo "a line matches '$unwanted'"
    done
}
differences >"$place/complaints"
[ -s "$place/all" ] || complain "it printed nothing"
[ $waited -lt $((deadline * 10)) ] || wrong=1
while IFS= read -r complaint; do complain "$complaint"; done <"$place/complaints"
if [ $wrong = 1 ]; then
    echo "--- its output:"
    cat "$place/talk" "$place/out"
    [ ! -s "$place/pawld.log" ] || { echo "--- the daemon's:"; tail -n 20 "$place/pawld.log"; }
    exit 1
fi
echo "as expected, in $((waited / 10)).$((waited % 10)) s"
