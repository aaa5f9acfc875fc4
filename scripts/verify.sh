#!/usr/bin/env bash
# Fails, naming the file, when something that is derived is stale: generated
# code, the hash in SOURCE.json, go.mod and go.sum, formatting. Files that git
# does not track yet count too. It writes nothing in the checkout, and names
# every fault it finds, not the first alone.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOWORK=off

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
stale=0
complain() { echo "verify: $*" >&2; stale=1; }

# Files of the checkout, tracked or not, that are not ignored and still exist.
# Listed once and up front: in a pipe, a git that fails would look like no files.
git ls-files -z -co --exclude-standard >"$tmp/listed"
while IFS= read -r -d '' path; do
  if [ -e "$path" ]; then printf '%s\0' "$path"; fi
done <"$tmp/listed" >"$tmp/files"

sha256() { if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1; }

# The vendored specification is the one that SOURCE.json describes.
vendored=openapi/customers/delete-customer.json
if [ ! -f "$vendored" ] || [ ! -f openapi/SOURCE.json ]; then
  complain "$vendored or openapi/SOURCE.json is missing"
else
  recorded=$(sed -n 's/.*"sha256": "\([0-9a-f]*\)".*/\1/p' openapi/SOURCE.json)
  if [ "$(sha256 "$vendored")" != "$recorded" ]; then
    complain "$vendored is not the file whose sha256 is in openapi/SOURCE.json (change it with make spec-update only)"
  fi
fi

# Generated code is what generation makes of it.
if ! scripts/generate.sh --check 2>"$tmp/generate"; then
  stale=1
  while IFS= read -r line; do complain "$line"; done <"$tmp/generate"
fi

while IFS= read -r -d '' path; do
  case $path in
    # Every module's requirements are tidy.
    go.mod | */go.mod)
      if ! difference=$(cd "$(dirname "$path")" && go mod tidy -diff 2>&1); then
        complain "stale: $path or its go.sum (run make tidy)"$'\n'"$difference"
      fi
      ;;
    # Every Go file is formatted. One that gofmt cannot read is not.
    *.go) printf '%s\0' "$path" >>"$tmp/gofiles" ;;
  esac
done <"$tmp/files"
if ! xargs -0 gofmt -l <"$tmp/gofiles" >"$tmp/unformatted" 2>"$tmp/unreadable"; then
  complain "gofmt fails: $(cat "$tmp/unreadable")"
fi
while IFS= read -r path; do
  complain "not formatted: $path (run make tidy)"
done <"$tmp/unformatted"

exit $stale
