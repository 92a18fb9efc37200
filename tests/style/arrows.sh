#!/bin/sh
# Which folder may include which, and which file may include a library of others. CMake cannot enforce it: all of
# Debian's headers lie in /usr/include, and each of ours is found from the root.
# usage: sh arrows.sh ROOT | sh arrows.sh --self-test
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

# folder: the folders it may include besides itself. A folder that is absent here may not include anything of ours.
arrows='
common/base:
common/yaml: common/base
common/cel: common/base common/cel/functions
common/cel/functions: common/base common/cel
common/calendar: common/base common/cel
common/flow: common/base common/yaml common/cel common/calendar
common/rules: common/base common/yaml common/cel common/calendar
common/wire: common/base
daemon/core: common/base common/yaml common/cel common/calendar common/flow common/rules
daemon/store: common/base common/cel common/flow daemon/core
daemon/io: common/base common/wire common/flow daemon/core daemon/shim
daemon/shim:
daemon/work: common/base common/cel common/flow daemon/core daemon/io
daemon/api: common/base common/wire common/yaml common/cel common/flow daemon/core daemon/store daemon/io
daemon/turn: common/base common/cel common/flow daemon/core daemon/store daemon/io
daemon: common/base common/wire common/yaml common/cel common/calendar common/flow common/rules daemon/core daemon/store daemon/io daemon/work daemon/api daemon/turn
cli: common/base common/wire common/yaml common/cel common/calendar common/flow common/rules cli/render cli/import cli/play
cli/render: common/base common/wire common/yaml common/cel common/flow cli
cli/import: common/base common/yaml common/flow
cli/play: common/base common/cel common/flow daemon/core
'
# header (regular expression), files that may include it, how many of them at most
wrappers='
yaml-cpp/           ^common/yaml/[a-z_]*[.]cpp$                    1
re2/                ^common/(cel/functions|flow)/[a-z_]*[.]cpp$    2
sodium[.]h          ^common/base/[a-z_0-9]*[.]cpp$                 1
date/               ^common/calendar/[a-z_]*[.]cpp$                1
boost/              ^common/wire/[a-z_]*[.]cpp$                    1
nlohmann/json[.]hpp ^(common|cli|daemon)/.*[.]cpp$                 11
sqlite3[.]h         ^daemon/(store/(database|statement)|work/sql_query)[.]cpp$  3
uv[.]h              ^daemon/(io/.*|(main|daemon|signals)[.](h|cpp))$                    100
spdlog/             ^daemon/[a-z_]*[.]cpp$                         1
curl/               ^daemon/work/http_client[.]cpp$                1
CLI/                ^cli/[a-z_/]*[.]cpp$                           100
catch2/             ^tests/catch[.]h$                              1
'
# Headers that a folder must never see, whoever wraps them.
forbidden='
^daemon/core/ (uv[.]h|sqlite3[.]h|spdlog/|yaml-cpp/|unistd[.]h|sys/|pthread[.]h|thread|mutex|random)
^common/      (uv[.]h|sqlite3[.]h|spdlog/)
^cli/         (uv[.]h|sqlite3[.]h|spdlog/|curl/)
'

check() { # root; prints each violation
    cd "$1"
    source_files common daemon cli tests | xargs grep -nE '^ *# *include *[<"]' /dev/null |
        awk -v arrows="$arrows" -v wrappers="$wrappers" -v forbidden="$forbidden" -f "$here/arrows.awk" ||
        echo "arrows.awk failed"
    # The store keeps rows; what they become is decided elsewhere.
    source_files daemon/store | xargs grep -nE '(^|[^a-z_.])step\(|daemon/core/engine[.]h' /dev/null | sed 's/$/ : the store never steps a machine/' || true
}

self_test() {
    plant daemon/io/a.cpp '#include "daemon/store/store.h"' 'daemon/io may not include daemon/store'
    plant daemon/core/a.cpp '#include "daemon/io/loop.h"' 'daemon/core may not include daemon/io'
    plant daemon/core/a.h '#include <uv.h>' 'never include uv.h'
    plant daemon/core/a.cpp '#include <yaml-cpp/yaml.h>' 'never include yaml-cpp'
    plant daemon/core/a.cpp '#include <mutex>' 'never include mutex'
    plant common/base/a.h '#include "common/yaml/document.h"' 'common/base may not include common/yaml'
    plant common/cel/a.h '#include "common/flow/plan.h"' 'common/cel may not include common/flow'
    plant cli/a.cpp '#include "daemon/core/run.h"' 'cli may not include daemon/core'
    plant cli/a.h '#include <CLI/CLI.hpp>' 'CLI/CLI.hpp is wrapped elsewhere'
    plant common/flow/a.cpp '#include <sodium.h>' 'sodium.h is wrapped elsewhere'
    plant daemon/turn.cpp '#include "daemon/api/api.h"' 'daemon/turn may not include daemon/api'
    plant daemon/store/a.cpp '    step(plan, run);' 'the store never steps'
    plant daemon/new/a.cpp '#include "common/base/error.h"' 'daemon/new has no arrows'
    plant tests/unit/a.cpp '#include <catch2/catch.hpp>' 'catch2/catch.hpp is wrapped elsewhere'
    plant_two common/yaml/a.cpp common/yaml/b.cpp '#include <yaml-cpp/parser.h>' 'yaml-cpp'
    accept daemon/api/a.cpp '#include "daemon/store/store.h"'
    accept daemon/io/a.h '#include <uv.h>'
    accept daemon/turn.cpp '#include "daemon/store/store.h"'
}
style_main "$@"
