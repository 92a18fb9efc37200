#!/bin/sh
# run_example.sh must notice every kind of difference: it is given a stand-in for pawl that prints a fixed run.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir "$place/bin" "$place/example"
cat >"$place/bin/pawl" <<'E2'
#!/bin/sh
# Answers like a run that failed.
echo '{"id": 1, "status": "failed"}' | sed 's/: /:/g'
echo 'build| hello' >&2
exit 1
E2
chmod +x "$place/bin/pawl"
echo 'kind: workflow' >"$place/example/a.yaml"

wrong=0
try() { # accepted|refused, the text of `expected`
    printf '%s\n' "$2" >"$place/example/expected"
    if sh "$here/run_example.sh" "$place/bin" "$place/example" >"$place/said" 2>&1; then outcome=accepted; else outcome=refused; fi
    [ $outcome = "$1" ] || { echo "'$2' was $outcome:"; cat "$place/said"; wrong=1; }
}
try accepted 'status: failed
exit: 1
match: build.*h[a-z]+
line: build| hello
never: goodbye'
try refused 'status: succeeded'
try refused 'exit: 0'
try refused 'match: goodbye'
try refused 'line: hello'
try refused 'never: hello'
cat >"$place/bin/pawl" <<'E2'
#!/bin/sh
# Hangs until it is interrupted.
trap 'echo interrupted; exit 130' INT
echo ready >&2
while :; do sleep 0.05; done
E2
try accepted 'interrupt: ready
exit: 130
match: interrupted'
try refused 'seconds: 1'
[ $wrong = 1 ] || echo "every difference was noticed"
exit $wrong
