#!/bin/sh
# The systemd units: well-formed, hardened as far as their heads say, and without the settings that would end running steps.
# usage: sh units.sh ROOT | sh units.sh --self-test
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
command -v systemd-analyze >/dev/null 2>&1 || { echo "skipped: systemd-analyze is not installed"; exit 77; }

exposure_above() { # folder with the unit, tenths
    ! (cd "$1" && systemd-analyze security --offline=true --threshold="$2" --no-pager ./pawld.service) >/dev/null 2>&1
}
check() { # root
    units=$1/packaging/systemd
    copy=$(mktemp -d)
    mkdir -p "$copy/user" "$copy/strict/pawld.service.d"
    for unit in pawld.service pawld.socket user/pawld.service user/pawld.socket; do
        [ -f "$units/$unit" ] || { echo "packaging/systemd/$unit: is missing"; continue; }
        sed 's|^ExecStart=/usr/bin/pawld.*|ExecStart=/bin/true|' "$units/$unit" >"$copy/$unit"  # verify wants the program to exist
        for word in Delegate=yes PrivateTmp=yes RemoveIPC=yes KillMode=mixed KillMode=control-group; do
            ! grep -q "^$word" "$units/$unit" || echo "packaging/systemd/$unit: $word would end or harm running steps"
        done
    done
    for service in pawld.service user/pawld.service; do
        for word in Type=notify KillMode=process Restart=always TasksMax=infinity RuntimeDirectoryPreserve=yes OOMPolicy=continue; do
            grep -q "^$word\$" "$copy/$service" || echo "packaging/systemd/$service: $word is missing"
        done
    done
    systemd-analyze verify --man=no "$copy/pawld.service" "$copy/pawld.socket" 2>&1 | grep pawld || true
    XDG_RUNTIME_DIR=$copy systemd-analyze --user verify --man=no "$copy/user/pawld.service" "$copy/user/pawld.socket" 2>&1 | grep pawld || true
    ! exposure_above "$copy" 35 || echo "packaging/systemd/pawld.service: exposure above 3.5"
    cp "$copy/pawld.service" "$copy/strict/"
    cp "$units/strict.conf" "$copy/strict/pawld.service.d/"
    ! exposure_above "$copy/strict" 20 || echo "packaging/systemd/strict.conf: exposure above 2.0"
    rm -rf "$copy"
}

self_test() {
    with() { # sed script for the service, expected
        tree=$(fake_tree)
        mkdir -p "$tree/packaging"
        cp -R "$here/../../packaging/systemd" "$tree/packaging/"
        sed -i "$1" "$tree/packaging/systemd/pawld.service"
        judge "$tree" "$2" "$1"
    }
    with '' ''
    with 's/^KillMode=.*/KillMode=mixed/' 'would end or harm'
    with 's/^UMask=.*/PrivateTmp=yes/' 'would end or harm'
    with '/^OOMPolicy/d' 'OOMPolicy=continue is missing'
    with 's/^RestartSec=.*/RestartSec=soon/' 'pawld.service'
    with '/^SystemCallFilter/d; /^Protect/d; /^Restrict/d' 'exposure above 3.5'
}
style_main "$@"
