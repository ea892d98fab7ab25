#!/bin/sh
# sysroot.sh DEBIAN-ARCH DIR: the libraries that a static build for another machine needs, unpacked
# from Debian's packages without installing them. Nothing is fetched if they are there.
set -eu
arch=$1
dir=$2

[ -e "$dir/complete" ] && exit 0
if ! dpkg --print-foreign-architectures | grep -qx "$arch"; then
    echo "add the architecture first: dpkg --add-architecture $arch && apt-get update" >&2
    exit 1
fi
mkdir -p "$dir/packages"
(cd "$dir/packages" && apt-get download \
    "libyaml-dev:$arch" "libzstd-dev:$arch" "libpng-dev:$arch" "libxxhash-dev:$arch" \
    "libmd-dev:$arch" "zlib1g-dev:$arch" >apt.log 2>&1) || { cat "$dir/packages/apt.log" >&2; exit 1; }
for package in "$dir"/packages/*.deb; do
    dpkg -x "$package" "$dir"
done

# The packages say /usr; pkg-config puts the folder in front of it.
touch "$dir/complete"
