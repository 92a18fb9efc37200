#!/bin/sh
# Builds one target: replace it by your compiler. $TARGET names it, $OUT is an empty folder for what it makes.
set -eu
sed "s/hello/hello from $TARGET/" src/main.txt >"$OUT/program.txt"
echo "$TARGET is built"
