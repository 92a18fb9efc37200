#!/bin/sh
# mandoc's own lint over the man pages: not even a style remark.
# usage: sh man.sh ROOT
set -eu
command -v mandoc >/dev/null 2>&1 || { echo "skipped: mandoc is not installed"; exit 77; }
cd "$1/man"
set -- *.[1-8]
[ -e "$1" ] || { echo "skipped: no man page yet"; exit 77; }
# Pages of ours that one page refers to before it is installed; and a system without a man database.
found=$(mandoc -T lint -W style "$@" 2>&1 | grep -vE 'STYLE: referenced manual not found: Xr (pawl|systemd|loginctl)|operating system|outdated mandoc.db') || true
[ -z "$found" ] || { echo "$found"; exit 1; }
