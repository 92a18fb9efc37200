#!/bin/sh
# House style that a compiler does not see: a head comment in every file, and calls that some folders may not make.
# usage: sh house.sh ROOT | sh house.sh --self-test
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

# Files (regular expression), files excepted, what the line may not hold (extended regular expression), why. Tabs between.
banned='
^(common|daemon|cli|tests)/	-	YAML::Load	it keeps one of two equal keys and may never end: use common/yaml
^(common|daemon|cli|tests)/	-	(^|[^a-z_])uv_spawn	it forks the whole daemon: shims are started by posix_spawn
^(common|daemon|cli|tests)/	-	uv_fs_event	it knows neither IN_CLOSE_WRITE nor overflow: use our own inotify
^(common|daemon|cli)/	-	(^|[^a-z_.>])(system|popen)\(	a shell between us and a program: use posix_spawn
^(common|daemon|cli)/	^(common/calendar/|cli/render/when[.])	(^|[^a-z_])(localtime|localtime_r|mktime)\(	only common/calendar knows time zones; cli/render/when.cpp shows an instant to a person
^(common|daemon|cli|tests)/	-	(^|[^a-z_])s?rand\(	neither good nor repeatable: ids come from libsodium, tests name a seed
^(common|daemon/core)/	-	(_clock::now|clock_gettime|gettimeofday|[^a-z_]time\((0|NULL|nullptr)?\))	no clock here: time comes in with the event
^daemon/core/	-	(random_device|mt19937|std::thread|std::mutex|std::atomic|getenv)	the core decides from its arguments alone
^(common|daemon|cli|tests)/	-	co_(await|yield|return)	g++ 12 destroys temporaries of co_await twice
^(common|daemon|cli|tests)/	-	^ *# *include <(format|expected|cassert|assert[.]h)>	g++ 12 has neither format nor expected; assert() is off in release, ASSERT is not
^(common|daemon|cli)/	-	(TODO|FIXME|XXX)	finish it, or leave it out and say so
^tests/(unit|store|sim|issues)/	-	(sleep_for|sleep_until|usleep|nanosleep|(^|[;:{(]) *sleep\()	await a signal: a test that sleeps is slow, or wrong on a busy machine
'

head_comments() {
    source_files common daemon cli tests | while read -r file; do
        IFS= read -r first <"$file" || first=''
        own=${file%.*}.h  # its head speaks for both
        case $first in '//'* | '/*'* | "#include \"$own\"") ;; *) echo "$file:1: the first line does not say what the file is for" ;; esac
    done
    find common daemon cli tests -name '*.h' -type f | sort | xargs grep -LE '^#(pragma once|ifndef [A-Z0-9_]*_H)' /dev/null |
        grep -v '^/dev/null' | sed 's/$/:1: no #pragma once/'
    find packaging tests .ci -name '*.sh' -type f 2>/dev/null | sort | while read -r file; do
        # shellcheck disable=SC2016
        sed -n '2{/^# ./!p};2q' "$file" | grep -q . && echo "$file:2: the second line does not say what the script is for"
    done
}

check() { # root
    cd "$1"
    source_files common daemon cli tests | xargs grep -n '' /dev/null |
        awk -v rules="$banned" -f "$here/house.awk" || echo "house.awk failed"
    head_comments || true
}

self_test() {
    plant common/yaml/a.cpp 'auto n = YAML::LoadAll(text);' 'YAML::Load'
    plant daemon/io/a.cpp 'uv_spawn(loop, &process, &options);' 'uv_spawn'
    plant daemon/io/a.cpp '    popen("ls", "r");' 'a shell between us'
    plant cli/a.cpp '    return system(command);' 'a shell between us'
    plant cli/a.cpp 'localtime_r(&seconds, &tm);' 'knows time zones'
    plant common/base/a.cpp 'int n = rand();' 'neither good nor repeatable'
    plant daemon/core/a.cpp 'auto now = std::chrono::system_clock::now();' 'no clock here'
    plant daemon/core/a.cpp 'std::mt19937 dice;' 'from its arguments alone'
    plant daemon/io/a.cpp '    co_await reply;' 'co_await'
    plant tests/unit/core/a.cpp 'std::this_thread::sleep_for(5ms);' 'await a signal'
    plant tests/unit/core/a.cpp '    ::sleep(1);' 'await a signal'
    plant daemon/a.cpp 'int x;  // TODO: later' 'finish it'
    plant common/base/a.cpp '#include <format>' 'g++ 12'
    plant common/base/a.h 'int x;' 'no #pragma once'
    plant daemon/core/a.cpp 'std::unordered_map<int, int> runs_;
void f() { for (auto& [id, run] : runs_) use(run); }' 'unordered'
    plant daemon/core/a.cpp 'std::unordered_set<std::string> names;
auto first = names.begin();' 'unordered'
    tree=$(fake_tree)
    mkdir -p "$tree/common/base"
    printf 'int x;\n' >"$tree/common/base/a.cpp"
    judge "$tree" 'does not say what the file is for' 'a file without a head'
    accept cli/render/when.cpp 'localtime_r(&seconds, &tm);'
    accept common/calendar/a.cpp 'mktime(&tm);'
    accept daemon/core/a.cpp 'std::unordered_map<int, int> runs_;
auto found = runs_.find(1);'
    accept daemon/core/a.cpp '// a clock_gettime in a comment is no call'
    accept daemon/io/a.cpp 'ecosystem(1); grand(2); runtime(3);'
    accept tests/store/a.cpp 'static int sleep(sqlite3_vfs*, int microseconds) { return microseconds; }'
    accept tests/unit/a.cpp 'CHECK(said == "sleep(3)");'
}
style_main "$@"
