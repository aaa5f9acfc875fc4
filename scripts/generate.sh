#!/usr/bin/env bash
# Generates the code of every module from scratch, in a copy of the checkout, so
# that generated files without a generator are found as well. Untracked files are
# included, ignored files are not.
#
#   scripts/generate.sh           moves the results into place if every step succeeded
#   scripts/generate.sh --check   lists the files that would change; writes nothing
set -euo pipefail
cd "$(dirname "$0")/.."
export GOWORK=off

check=
case ${1-} in
  "") ;;
  --check) check=yes ;;
  *) echo "usage: scripts/generate.sh [--check]" >&2; exit 2 ;;
esac

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The result is compared with a second copy instead of the checkout, so that a file
# that an editor saves in the meantime is not reported.
mkdir "$tmp/was" "$tmp/now"
git ls-files -z -co --exclude-standard >"$tmp/listed"
while IFS= read -r -d '' path; do
  if [ -e "$path" ] || [ -L "$path" ]; then printf '%s\0' "$path"; fi
done <"$tmp/listed" >"$tmp/files"
tar --null -T "$tmp/files" -cf "$tmp/copy.tar"
tar -xf "$tmp/copy.tar" -C "$tmp/was"
tar -xf "$tmp/copy.tar" -C "$tmp/now"

find "$tmp/now" -name '*.gen.go' -delete
find "$tmp/now/openapi/overlaid" -name '*.json' -delete 2>/dev/null || true
while IFS= read -r -d '' mod; do
  dir=$(dirname "$mod")
  if grep -rqs --include='*.go' '^//go:generate ' "$dir"; then
    (cd "$dir" && go generate ./...)
  fi
done < <(find "$tmp/now" -name go.mod -print0)

# A changed, new or deleted file has a line in only one of the two lists.
sums() { (cd "$1" && find . -type f -print0 | xargs -0 cksum | LC_ALL=C sort); }
sums "$tmp/was" >"$tmp/was.sums"
sums "$tmp/now" >"$tmp/now.sums"
LC_ALL=C comm -3 "$tmp/was.sums" "$tmp/now.sums" | sed -E 's|^[[:space:]]?[0-9]+ [0-9]+ \./||' | LC_ALL=C sort -u >"$tmp/changed"

stale=0
while IFS= read -r path; do
  if [ -n "$check" ]; then
    echo "stale: $path (run make generate)" >&2
    stale=1
  elif [ -e "$tmp/now/$path" ]; then
    mkdir -p "$(dirname "$path")"
    cp -p "$tmp/now/$path" "$path.new~"
    mv -f "$path.new~" "$path"
  else
    rm -f "$path"
  fi
done <"$tmp/changed"
exit $stale
