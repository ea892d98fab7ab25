#!/bin/sh
# Prints the line coverage of src/ per folder from what the tests of a COV=1 build left behind.
set -eu
build=${1:?usage: coverage.sh BUILD}
find "$build/src" -name '*.gcda' | LC_ALL=C sort | while read -r data; do
    gcov -n -o "${data%.gcda}.o" "$data" 2>/dev/null
done | awk '
    /^File / {
        split($0, part, "\047")
        file = part[2]
        sub(/^\.\//, "", file)
    }
    # A file may come several times, where it is a header: only sources count.
    /^Lines executed:/ && file ~ /^src\/.*\.c$/ {
        line = $0
        sub(/^Lines executed:/, "", line)
        split(line, number, "% of ")
        folder = file
        sub(/\/[^\/]*$/, "", folder)
        total[folder] += number[2]
        hit[folder] += number[1] * number[2] / 100
        file = ""
    }
    END {
        for (folder in total) {
            printf "%-28s %6.1f %% of %6d lines\n", folder, 100 * hit[folder] / total[folder],
                total[folder] | "LC_ALL=C sort"
            all += total[folder]
            all_hit += hit[folder]
        }
        close("LC_ALL=C sort")
        if (all == 0) {
            print "no coverage data"
            exit 1
        }
        printf "%-28s %6.1f %% of %6d lines\n", "all", 100 * all_hit / all, all
    }'
