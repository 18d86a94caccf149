#!/usr/bin/env bash
# Run dockerd in the root file system $1, with its data in $2, in this process's own mount, process and network namespace.
# /proc and /sys are fresh, so that nothing of the machine's own is changed.
set -euo pipefail
root=$1 data=$2

mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --rbind /dev "$root/dev"
if grep -qw cgroup2 /proc/filesystems && ! grep -qE '^[^ ]+ [^ ]+ cgroup ' /proc/1/mounts; then
	mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
else
	mount -t tmpfs tmpfs "$root/sys/fs/cgroup"
	for controller in cpuset cpu cpuacct blkio memory devices freezer pids; do
		mkdir "$root/sys/fs/cgroup/$controller"
		mount -t cgroup -o "$controller" cgroup "$root/sys/fs/cgroup/$controller" || rmdir "$root/sys/fs/cgroup/$controller"
	done
fi
mount -t tmpfs tmpfs "$root/run"
# A small disk that is full, for the alert that looks for one.
mkdir -p "$root/full"
truncate -s 8M "$data/full.img"
mkfs.ext4 -q -F "$data/full.img"
mount -o loop "$data/full.img" "$root/full"
head -c 8M /dev/zero >"$root/full/zeros" 2>/dev/null || true
# The folders that containers mount have to be where the client says they are.
for folder in "$data" "${@:3}"; do
	mkdir -p "$root$folder"
	mount --bind "$folder" "$root$folder"
done
cd "$root"
mkdir -p .old
pivot_root . .old
umount -l .old
mount --make-rshared / # as on any machine that systemd started
exec dockerd --data-root "$data/images" --exec-root "$data/exec" --pidfile "$data/docker.pid" \
	--host "unix://$data/docker.sock" --log-level warn
