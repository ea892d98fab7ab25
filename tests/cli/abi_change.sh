#!/bin/bash
# abi_change.sh same|next LOCK [SCRIPT]...: changes a lock with sed scripts, one after the other, and
# compares before and after. "next" also makes the minor version one larger, in every number that
# states it.
set -u
mode=$1
lock=$2
shift 2
scripts=(-e '')
if [ "$mode" = next ]; then
    minor=$(sed -n 's/^version: "1\.\([0-9]*\)"$/\1/p' "$lock")
    scripts+=(-e "s/^version: \"1\\.$minor\"/version: \"1.$((minor + 1))\"/"
        -e "s/0x1000$minor(, states: version)/0x1000$((minor + 1))\\1/"
        -e "s/0x$minor(, states: minor)/0x$((minor + 1))\\1/")
fi
cp "$lock" changed.yaml
sed -E -i "${scripts[@]}" changed.yaml
for script in "$@"; do
    cp changed.yaml before.yaml
    sed -E -i -e "$script" changed.yaml
    cmp -s before.yaml changed.yaml && echo "changes nothing: $script"
done
exec scanlock abi diff "$lock" changed.yaml
