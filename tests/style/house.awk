# Judges lines "file:line:text" by the rules that house.sh passes in; comments and the text of strings are no calls.
BEGIN {
    count = split(rules, line, "\n")
    for (i = 1; i <= count; i++) if (split(line[i], part, "\t") == 4) {
        n++
        where[n] = part[1]; except[n] = part[2]; pattern[n] = part[3]; why[n] = part[4]
    }
}
{
    file = $0; sub(/:.*$/, "", file)
    rest = substr($0, length(file) + 2)
    number = rest; sub(/:.*$/, "", number)
    text = substr(rest, length(number) + 2)
    place = file ":" number ": "
    code = text
    gsub(/"([^"\\]|\\.)*"/, "\"\"", code)
    marks = code                      # unfinished business is marked in comments
    sub(/\/\/.*$/, "", code)
    if (code ~ /^ *\*/) code = ""     # the middle of a block comment
    for (i = 1; i <= n; i++) {
        if (file !~ where[i] || (except[i] != "-" && file ~ except[i])) continue
        subject = pattern[i] ~ /TODO/ ? marks : code
        if (subject ~ pattern[i]) print place why[i] " [" pattern[i] "]"
    }
}
# The order of an unordered container differs from run to run, and the core must not: look up, never walk.
file ~ /^daemon\/core\// {
    if (match(code, /unordered_(map|set)<.*> *[a-z_]+( *[;={]|$)/)) {
        name = substr(code, RSTART, RLENGTH)
        sub(/ *[;={]$/, "", name)
        sub(/^.*> */, "", name)
        unordered[name] = 1
    }
    if (match(code, /for *\(.*: *[a-z_.]+ *\)/) || match(code, /[a-z_]+[.](begin|cbegin)\(/)) {
        walked = substr(code, RSTART, RLENGTH)
        if (walked ~ /^for/) { sub(/^.*: */, "", walked); sub(/ *\)$/, "", walked) }
        else sub(/[.]c?begin\($/, "", walked)
        sub(/^.*[.]/, "", walked)
        if (walked in unordered) print place "walks over '" walked "', which is unordered"
    }
}
