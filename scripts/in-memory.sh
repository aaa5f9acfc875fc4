#!/usr/bin/env bash
# Runs a command with its temporary files in memory, where a machine has room for them.
#
#   scripts/in-memory.sh COMMAND [ARGUMENT...]
#
# Tests create and delete thousands of files. ext4 does not use the inodes of deleted files
# again for five seconds, and searches past all of them for each new one: a third of the
# processor time of the tests was spent there, and in syncs of files that last a second.
#
# If TMPDIR is set, or /dev/shm is small, is not in memory or forbids programs, as in many
# containers, the command runs as it is.
set -euo pipefail
[ $# -gt 0 ] || { echo "usage: scripts/in-memory.sh COMMAND [ARGUMENT...]" >&2; exit 2; }

memory=/dev/shm
gigabytes() { awk -v kilobytes="$1" 'BEGIN { print int(kilobytes / 1024 / 1024) }'; }

# roomy succeeds if the folder has room, and the machine has memory for what is in it.
roomy() {
  local kind free available
  read -r kind free < <(df -PkT "$memory" 2>/dev/null | awk 'NR == 2 { print $2, $5 }') || return 1
  available=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo 2>/dev/null) || return 1
  [ "$kind" = tmpfs ] && [ "$(gigabytes "$free")" -ge 4 ] && [ "$(gigabytes "$available")" -ge 8 ]
}

if [ -z "${TMPDIR:-}" ] && roomy && tmp=$(mktemp -d "$memory/test.XXXXXX" 2>/dev/null); then
  trap 'rm -rf "$tmp"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  chmod 1777 "$tmp" # as /tmp: some tests run programs as another user
  if printf '#!/bin/sh\n' >"$tmp/program" && chmod +x "$tmp/program" && "$tmp/program" 2>/dev/null; then
    echo "== temporary files are in memory, in $tmp"
    export TMPDIR=$tmp
  fi
  rm -f "$tmp/program"
fi
"$@"
