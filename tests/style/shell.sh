#!/bin/sh
# Runs shellcheck over every shell script of ours, as POSIX sh.
# usage: sh shell.sh ROOT
set -eu
command -v shellcheck >/dev/null 2>&1 || { echo "skipped: shellcheck is not installed"; exit 77; }
cd "$1"
{
    find packaging tests workflows-examples -name '*.sh' -type f
    echo .ci/run
} | sort | xargs shellcheck -s sh -x -P SCRIPTDIR
