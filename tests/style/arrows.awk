# Judges lines "file:line:#include …" by the tables that arrows.sh passes in; prints "file:line: what is wrong".
BEGIN {
    count = split(arrows, line, "\n")
    for (i = 1; i <= count; i++) {
        if (!match(line[i], /:/)) continue
        folder = substr(line[i], 1, RSTART - 1)
        known[folder] = 1
        words = split(substr(line[i], RSTART + 1), to, " ")
        for (j = 1; j <= words; j++) may[folder, to[j]] = 1
    }
    count = split(wrappers, line, "\n")
    for (i = 1; i <= count; i++) if (split(line[i], part, " ") == 3) {
        wrapped++
        header_of[wrapped] = part[1]; home_of[wrapped] = part[2]; most_of[wrapped] = part[3]
    }
    count = split(forbidden, line, "\n")
    for (i = 1; i <= count; i++) if (split(line[i], part, " ") == 2) {
        bans++
        where[bans] = part[1]; what[bans] = part[2]
    }
}
function folder_of(path,    folder) {
    if (path ~ /^daemon\/turn[.]/) return "daemon/turn"
    folder = path
    sub(/\/[^\/]*$/, "", folder)
    if (folder ~ /^common\/cel\/functions/) return "common/cel/functions"
    if (match(folder, /^daemon\/[a-z]+/)) return substr(folder, 1, RLENGTH)  # its own folders belong to it
    return folder
}
{
    split($0, field, ":")
    file = field[1]
    place = file ":" field[2] ": "
    # Between the first < or " after #include and its end
    included = $0
    sub(/^[^<"]*[<"]/, "", included)
    sub(/[>"].*$/, "", included)
}
included ~ /^(common|daemon|cli)\// {
    here = folder_of(file); there = folder_of(included)
    if (file !~ /^tests\//) {
        if (!(here in known)) print place here " has no arrows: say in tests/style/arrows.sh what it may include"
        else if (here != there && !((here, there) in may)) print place here " may not include " there
    }
    next
}
{
    for (i = 1; i <= bans; i++)
        if (file ~ where[i] && included ~ ("^" what[i])) print place "this folder may never include " included
    for (i = 1; i <= wrapped; i++) {
        if (included !~ ("^" header_of[i])) continue
        # Tests may look behind our wrappers; only Catch2 differs so much between versions that they too go through one.
        if (file ~ /^tests\// && header_of[i] !~ /^catch2/) continue
        if (file !~ home_of[i]) print place included " is wrapped elsewhere: " home_of[i]
        else if (!((i, file) in seen)) {
            seen[i, file] = 1
            if (++users[i] > most_of[i]) print place included " is included by more than " most_of[i] " files of " home_of[i]
        }
    }
}
