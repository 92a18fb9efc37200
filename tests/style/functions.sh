#!/bin/sh
# Long functions: those of more than 70 lines stand in long_functions.txt with their size, and may only shrink.
# usage: sh functions.sh ROOT | sh functions.sh --self-test | sh functions.sh --update ROOT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
lines_max=70

# "size file function" of each long one. Counts from a line that opens a body at column 1 to the brace that closes it there:
# namespaces are not indented, and a member defined inside its class is too short to matter.
long_functions() { # root
    cd "$1"
    source_files common daemon cli tests | xargs grep -n '' /dev/null | awk -v most=$lines_max '
        {
            file = $0; sub(/:.*$/, "", file)
            rest = substr($0, length(file) + 2)
            number = rest; sub(/:.*$/, "", number)
            text = substr(rest, length(number) + 2)
            if (file != last) { last = file; start = 0 }
        }
        text ~ /^[A-Za-z_].*[({]/ && text !~ /^(namespace|struct|class|union|enum|extern|typedef|using|constexpr|static constexpr|inline constexpr)[ (]/ && text !~ /;[ ]*(\/\/.*)?$/ {
            start = number
            name = text; sub(/\(.*$/, "", name); sub(/ *[={].*$/, "", name); sub(/^.* [*&]*/, "", name)
        }
        text ~ /^}/ && start {
            size = number - start + 1
            if (size > most) print size, file, name
            start = 0
        }'
}

check() { # root
    list=$1/tests/style/long_functions.txt
    [ -f "$list" ] || list=/dev/null
    long_functions "$1" | awk -v list="$list" '
        BEGIN { while ((getline line < list) > 0) if (line !~ /^#/ && split(line, part, " ") == 3) allowed[part[2], part[3]] = part[1] }
        !(($2, $3) in allowed) { print $2 ": " $3 " has " $1 " lines: split it, or say why it reads well in long_functions.txt"; next }
        $1 > allowed[$2, $3] { print $2 ": " $3 " grew from " allowed[$2, $3] " to " $1 " lines" }'
}

body() { # lines
    awk -v n="$1" 'BEGIN { print "void story()\n{"; for (i = 2; i < n - 1; i++) print "    tell();"; print "}" }'
}
self_test() {
    plant common/base/a.cpp "$(body 72)" 'story has'
    accept common/base/a.cpp "$(body 70)"
    tree=$(fake_tree)
    put "$tree" common/base/a.cpp "$(body 90)"
    put "$tree" tests/style/long_functions.txt '80 common/base/a.cpp story'
    judge "$tree" 'grew from 80 to 90' 'a listed function that grew'
    tree=$(fake_tree)
    put "$tree" common/base/a.cpp "$(body 90)"
    put "$tree" tests/style/long_functions.txt '95 common/base/a.cpp story'
    judge "$tree" '' 'a listed function that shrank'
    plant common/base/a.cpp "namespace pawl {
int short_one() {
    return 1;
}
Result<int> Reader::story(int a,
                          int b) {
$(body 80 | sed 1,2d)" 'Reader::story has'
}

if [ "${1:-}" = --update ]; then
    {
        echo "# Functions of more than $lines_max lines: size, file, name. Written by functions.sh --update; sizes may only shrink."
        long_functions "$2" | sort -k2
    } >"$here/long_functions.new"
    mv "$here/long_functions.new" "$here/long_functions.txt"
    exit
fi
style_main "$@"
