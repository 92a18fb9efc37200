# Uses the daemon that $PAWL_SOCKET names.
set -eu
pawl deploy greet.yaml
pawl run greet                      # compiles
pawl run greet                      # does not: nothing has changed
pawl why last compile

echo "hello, world" > src/greeting.txt
pawl run greet                      # a file has changed
pawl why last compile

pawl run greet -i loud=true         # a value has changed
pawl why last compile

rm out/greeting
pawl run greet                      # what it made is gone
pawl why last compile

pawl run greet --no-cache           # asked for
pawl why last compile
pawl cache ls greet
pawl cache rm greet
