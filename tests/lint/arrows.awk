# Checks every #include "folder/file.h" below src/ against tests/lint/arrows.txt, which comes first.

FILENAME ~ /arrows\.txt$/ {
    if ($0 !~ /^#/ && NF > 0) {
        folder = $1
        sub(/:$/, "", folder)
        known[folder] = 1
        for (i = 2; i <= NF; i++) {
            allowed[folder, $i] = 1
        }
    }
    next
}

FNR == 1 {
    from = FILENAME
    sub(/^src\//, "", from)
    sub(/\/[^\/]*$/, "", from)
    if (!(from in known)) {
        printf "%s: folder %s is not in tests/lint/arrows.txt\n", FILENAME, from
        bad = 1
    }
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, part, "\"")
    to = part[2]
    if (to !~ /\//) {
        next # generated headers have no folder
    }
    sub(/\/[^\/]*$/, "", to)
    if (to != from && !((from, to) in allowed)) {
        printf "%s:%d: %s may not include %s\n", FILENAME, FNR, from, to
        bad = 1
    }
}

END {
    exit bad
}
