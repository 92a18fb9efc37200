#!/bin/sh
# Tests and plays the workflow without a server, then runs it with one. Uses the daemon that $PAWL_SOCKET names.
set -eu
cd "$(dirname "$0")"
echo "--- without a server"
pawl test
pawl run --dry prices.yaml -i port=8080 --mock '{fetch: {outputs: {json: {item: tea, cents: 250}}}, store: {outputs: {rows: [{cents: 250}]}}}'
echo "--- with one"
python3 server.py port &
server=$!
trap 'kill $server' EXIT
until [ -s port ]; do sleep 0.05; done
pawl deploy . --yes
pawl run prices -i port="$(cat port)" --progress plain
pawl logs last fetch
pawl inspect last
echo "--- a value may not lead into a private network"
pawl run callback -i host="localhost:$(cat port)" --progress plain || echo "exit code $?"
