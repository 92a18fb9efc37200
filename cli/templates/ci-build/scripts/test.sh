#!/bin/sh
# Replace this by your tests.
set -eu
[ "$(out/bin/hello)" = "hello from the build" ]
echo "1 passed"
