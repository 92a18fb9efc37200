#!/bin/sh
# Plays the cases of tests.yaml, then breaks the workflow and sees them turn red. Nothing is built or released: no step is executed.
set -eu
cd "$(dirname "$0")"
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp pawl.yaml release.yaml tests.yaml "$copy"
cd "$copy"
pawl check
pawl test --coverage
echo "--- one attempt less, and the tests tell"
sed -i 's/max_attempts: 3/max_attempts: 2/' release.yaml
pawl test || echo "red: $?"
pawl test --format tap | tail -n 1
