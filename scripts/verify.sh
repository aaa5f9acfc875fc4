#!/usr/bin/env bash
# Fails, naming the file, when something that is derived is stale: generated
# code, the hash in SOURCE.json, go.mod and go.sum, formatting. Files that git
# does not track yet count too. It writes nothing in the checkout: generation
# runs in a copy, and the copy is compared.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOWORK=off

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
stale=0
complain() { echo "verify: $*" >&2; stale=1; }

# Files of the checkout, tracked or not, that are not ignored and still exist.
files() { git ls-files -z -co --exclude-standard -- "$@" | while IFS= read -r -d '' f; do if [ -e "$f" ]; then printf '%s\0' "$f"; fi; done; }

sha256() { if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1; }

# The vendored specification is the one that SOURCE.json describes.
vendored=openapi/customers/delete-customer.json
recorded=$(sed -n 's/.*"sha256": "\([0-9a-f]*\)".*/\1/p' openapi/SOURCE.json)
if [ "$(sha256 "$vendored")" != "$recorded" ]; then
  complain "$vendored is not the file whose sha256 is in openapi/SOURCE.json (change it with make spec-update only)"
fi

# Generated code is what generation makes of it, starting from nothing: a file
# that nothing generates any more is stale too.
files | tar --null -T - -cf - | tar -xf - -C "$copy"
rm -f "$copy"/api/*.gen.go "$copy"/openapi/overlaid/*.json
if (cd "$copy" && go generate ./...); then
  for dir in api openapi/overlaid; do
    while IFS= read -r line; do
      complain "stale: ${line//"$copy"/a fresh generation} (run make generate)"
    done < <(diff -rq "$dir" "$copy/$dir" || true)
  done
else
  complain "go generate fails"
fi

# Every module's requirements are tidy.
while IFS= read -r -d '' mod; do
  if ! difference=$(cd "$(dirname "$mod")" && go mod tidy -diff 2>&1); then
    complain "stale: $mod or its go.sum (run make tidy)"$'\n'"$difference"
  fi
done < <(files go.mod '*/go.mod')

# Every Go file is formatted.
while IFS= read -r file; do
  complain "not formatted: $file (run make tidy)"
done < <(files '*.go' | xargs -0 gofmt -l)

exit $stale
