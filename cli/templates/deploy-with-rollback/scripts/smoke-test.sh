#!/bin/sh
# Fails when what is live is no good: replace it by a request to your service.
set -eu
[ -s "$LIVE/index.html" ]
echo "the start page is there"
