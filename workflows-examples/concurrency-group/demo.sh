#!/bin/sh
# Three bookings at once, two of them on one account: the second one waits, and both succeed.
set -eu
cd "$(dirname "$0")"
pawl deploy . --yes
first=$(pawl run ledger -d -i account=food)
second=$(pawl run ledger -d -i account=food)
third=$(pawl run ledger -d -i account=rent)
pawl ps
for run in $first $second $third; do
    pawl run watch "$run" --progress plain
done
echo "three bookings, none overlapped"
