#!/bin/sh
# Runs the public suite of CEL: fetches its pinned npm package into the build folder, writes it as JSON, and hands that to the program.
# usage: run.sh PROGRAM FOLDER-IN-THE-BUILD. Without node, npm or network it exits 77, "skipped": never passed.
set -eu
program=$1
folder=$2
here=$(cd "$(dirname "$0")" && pwd)

skip() {
    echo "skipped: $1"
    exit 77
}

command -v node >/dev/null 2>&1 || skip "node is not installed (apt-get install nodejs npm)"
command -v npm >/dev/null 2>&1 || skip "npm is not installed (apt-get install npm)"
mkdir -p "$folder"
# What was fetched for this lock file is fetched once.
if ! cmp -s "$here/package-lock.json" "$folder/fetched.json" || [ ! -f "$folder/conformance.json" ] || [ ! -f "$folder/parsing.json" ]; then
    rm -f "$folder/fetched.json"
    cp "$here/package.json" "$here/package-lock.json" "$here/export.mjs" "$folder/"
    (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1) || skip "npm ci failed, see $folder/npm.log"
    (cd "$folder" && node export.mjs)
    cp "$here/package-lock.json" "$folder/fetched.json"
fi
exec "$program" "$folder/conformance.json" "$folder/parsing.json" "$here/not-applicable.txt"
