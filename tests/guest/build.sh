#!/bin/sh
# Builds the guest of `make test-guest`: build.sh WORKDIR makes WORKDIR/vmlinux, the kernel, and
# WORKDIR/initramfs, everything else; WORKDIR/versions says of what. Packages are downloaded and
# unpacked there; nothing is installed. What is up to date is left alone.
#
# Exit status 77: something that this needs is missing, a download for instance.
set -eu
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
umask 022

here=$(cd "$(dirname "$0")" && pwd)
[ $# = 1 ] || { echo 'usage: build.sh WORKDIR' >&2; exit 2; }
mkdir -p "$1"
cd "$1"

missing() {
    echo "guest: $1" >&2
    exit 77
}

for tool in apt-get apt-cache dpkg-deb cpio gzip xz depmod modprobe; do
    command -v "$tool" >/dev/null || missing "no $tool"
done

if [ -e initramfs ] && [ initramfs -nt "$here/init" ] && [ initramfs -nt "$here/build.sh" ]; then
    exit 0
fi

# The cloud flavour of the kernel has no virtio_gpu. linux-image-amd64 is only a name for the
# newest one; its dependency is the package.
kernel=$(apt-cache depends --no-recommends --no-suggests linux-image-amd64 2>/dev/null |
    sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
[ -n "$kernel" ] || missing 'no package lists: apt-get update'

rm -rf unpacked root
mkdir -p packages unpacked root
for package in "$kernel" busybox-static libdrm-tests libdrm2 libc6; do
    set -- packages/"$package"_*.deb
    if [ ! -e "$1" ]; then
        (cd packages && apt-get -qq -o APT::Sandbox::User=root download "$package") >&2 ||
            missing "cannot download $package"
        set -- packages/"$package"_*.deb
    fi
    dpkg-deb -x "$1" unpacked
    echo "$package $(dpkg-deb -f "$1" Version)"
done >versions

# A kernel that unpacks itself takes longer under emulation than all of its boot, so it is unpacked
# here and started as it is. Its header says where the payload lies (Linux, x86 boot protocol); the
# payload's last four bytes are its size and no part of the xz stream.
set -- unpacked/boot/vmlinuz-*
image=$1
number() {
    od -An -t "u$2" -j "$1" -N "$2" "$image" | tr -d ' '
}
start=$((($(number 0x1f1 1) + 1) * 512 + $(number 0x248 4)))
length=$(($(number 0x24c 4) - 4))
tail -c "+$((start + 1))" "$image" | head -c "$length" | xz -dcq >vmlinux ||
    missing 'the kernel is not packed with xz'

version=${image##*/vmlinuz-}
depmod -b unpacked "$version"
mkdir -p root/bin root/dev root/proc root/sys root/tmp root/lib/modules root/lib64
modprobe -d unpacked -S "$version" -a --show-depends virtio_pci virtio_gpu |
    sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' >modules
while read -r module; do
    cp "$module" root/lib/modules/
    echo "${module##*/}"
done <modules >root/lib/modules/order

cp unpacked/bin/busybox root/bin/
for applet in $(root/bin/busybox --list); do
    [ "$applet" = busybox ] || ln -s busybox "root/bin/$applet"
done
cp unpacked/usr/bin/modetest root/bin/
libraries=unpacked/lib/x86_64-linux-gnu
loader=$libraries/ld-linux-x86-64.so.2
mkdir -p root/lib/x86_64-linux-gnu
cp -L "$loader" root/lib64/
"$loader" --library-path "$libraries:unpacked/usr/lib/x86_64-linux-gnu" --list root/bin/modetest |
    sed -n 's/.*=> \([^ ]*\) .*/\1/p' | while read -r library; do
    cp -L "$library" root/lib/x86_64-linux-gnu/
done
cp "$here/init" root/init
chmod 755 root/init

# The same packages give the same bytes.
find root -exec touch -h -d @0 {} +
(cd root && find . -print0 | sort -z |
    cpio --quiet --null --create --format=newc --reproducible --owner=0:0) | gzip -n -6 >initramfs.new
mv initramfs.new initramfs
rm -rf unpacked root modules
