#!/bin/sh
# Counts the words of one text: texts/NAME.txt becomes out/NAME.count, a line "count word" each.
set -eu
tr -cs '[:alpha:]' '\n' <"texts/$1.txt" | tr '[:upper:]' '[:lower:]' | grep . | sort | uniq -c >"out/$1.count"
echo "$1: $(wc -l <"out/$1.count") different words"
