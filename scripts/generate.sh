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

scripts/codegen.sh --tools # from here, because a copy has none in the build cache
export GENERATORS=${GENERATORS:-$PWD/bin}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A changed, new or deleted file has a line in only one of two lists of sums. Both are
# of the copy, so that a file that an editor saves in the meantime is not reported.
sums() { (cd "$tmp/copy" && find . -type f -print0 | xargs -0 cksum | LC_ALL=C sort); }

git ls-files -z -co --exclude-standard >"$tmp/listed"
while IFS= read -r -d '' path; do
  if [ -e "$path" ] || [ -L "$path" ]; then printf '%s\0' "$path"; fi
done <"$tmp/listed" >"$tmp/files"
mkdir "$tmp/copy"
tar --null -T "$tmp/files" -cf - | tar -xf - -C "$tmp/copy"
sums >"$tmp/was.sums"

find "$tmp/copy" -name '*.gen.go' -delete
find "$tmp/copy/openapi/overlaid" -name '*.json' -delete 2>/dev/null || true
while IFS= read -r -d '' mod; do
  dir=$(dirname "$mod")
  if grep -rqs --include='*.go' '^//go:generate ' "$dir"; then
    (cd "$dir" && go generate ./...)
  fi
done < <(find "$tmp/copy" -name go.mod -print0)

sums >"$tmp/now.sums"
LC_ALL=C comm -3 "$tmp/was.sums" "$tmp/now.sums" | sed -E 's|^[[:space:]]?[0-9]+ [0-9]+ \./||' | LC_ALL=C sort -u >"$tmp/changed"

stale=0
while IFS= read -r path; do
  if [ -n "$check" ]; then
    echo "stale: $path (run make generate)" >&2
    stale=1
  elif [ -e "$tmp/copy/$path" ]; then
    mkdir -p "$(dirname "$path")"
    cp -p "$tmp/copy/$path" "$path.new~"
    mv -f "$path.new~" "$path"
  else
    rm -f "$path"
  fi
done <"$tmp/changed"
exit $stale
