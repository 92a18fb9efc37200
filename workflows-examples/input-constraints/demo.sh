#!/bin/sh
# A good start, and one with five mistakes that are all named at once.
set -eu
cd "$(dirname "$0")"
pawl deploy . --yes
pawl run resize -i name=holiday -i width=1024 -i 'tags=["sea", "sun"]' --progress plain
if pawl run resize -i name=NO -i width=9 -i format=bmp -i keep=5m -i colour=red 2>refused; then
    echo "it should have been refused"
    exit 1
fi
cat refused
rm refused
echo "refused as it should be, and $(pawl run ls -o jsonl | wc -l) run exists"
