#!/bin/sh
# Tests the conditions alone, runs what uses them, then changes one. Works on a copy: the example's own files stay.
set -eu
cd "$(dirname "$0")"
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp conditions.yaml rollout.yaml "$copy"
cd "$copy"
echo "--- without a daemon"
pawl check
pawl condition usages may_ship
pawl condition test
pawl condition conflicts
echo "Monday morning: $(pawl condition eval office_hours --at 2026-10-05T07:30:00Z)"
pawl condition eval may_ship --params '{"files": 12}' --at 2026-10-04T10:30:00Z --explain
echo "--- 500 files: held back at any time, unless it is urgent"
pawl deploy .
pawl run rollout -i files=500 --progress plain
pawl run rollout -i files=500 -i urgent=true --progress plain
pawl why last excuse
echo "--- another limit: a test is red, and the files are refused"
sed -i 's/files <= 100/files <= 1000/' conditions.yaml
pawl deploy . || echo "refused with $?"
echo "--- the test says the same: the workflow gets a new version, though its own file is as it was"
sed -i 's/{files: 500}/{files: 1500}/' conditions.yaml
pawl plan
pawl deploy .
pawl run rollout -i files=1500 --progress plain
echo "--- what they gave in all of these runs"
pawl condition stats
pawl condition stats may_ship -o json
