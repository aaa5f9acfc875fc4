#!/usr/bin/env bash
# Checks that derived files are current: generated code, the hash in SOURCE.json, NOTICE,
# go.mod, go.sum and formatting. Untracked files are checked too. It reports every
# fault, names the file, and writes nothing in the checkout but the generators in bin/.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOWORK=off

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
stale=0
report() { echo "verify: $*" >&2; stale=1; }

# Files of the checkout, tracked or not, that are not ignored and still exist. They
# are listed first because in a pipe a failing git would look like an empty list.
git ls-files -z -co --exclude-standard >"$tmp/listed"
while IFS= read -r -d '' path; do
  if [ -e "$path" ]; then printf '%s\0' "$path"; fi
done <"$tmp/listed" >"$tmp/files"

sha256() { if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1; }

# Each specification has the hash recorded in SOURCE.json, and each has an entry.
if [ ! -f openapi/SOURCE.json ]; then
  report "openapi/SOURCE.json is missing"
else
  awk -F'"' '$2 == "file" { file = $4 } $2 == "sha256" { print file, $4 }' openapi/SOURCE.json >"$tmp/sources"
  while read -r file recorded; do
    if [ ! -f "openapi/$file" ]; then
      report "openapi/$file is missing, but openapi/SOURCE.json lists it"
    elif [ "$(sha256 "openapi/$file")" != "$recorded" ]; then
      report "openapi/$file does not have the sha256 in openapi/SOURCE.json (change a copy of Yuno's only with make spec-update; for any other, set its new sha256)"
    fi
  done <"$tmp/sources"
  for file in openapi/customers/*.json; do
    if ! grep -q "^${file#openapi/} " "$tmp/sources"; then
      report "$file is not listed in openapi/SOURCE.json (add an entry)"
    fi
  done
fi

# Generated code is what the generators write.
if ! scripts/generate.sh --check 2>"$tmp/generate"; then
  stale=1
  while IFS= read -r line; do report "$line"; done <"$tmp/generate"
fi

# NOTICE has the licences of what the command links.
if ! go run ./tools/notice -check erasure ./cmd/yuno-erasure 2>"$tmp/notice"; then
  report "$(sed -e '/^exit status/d' -e 's/^notice: //' "$tmp/notice")"
fi

# A module in a subfolder needs a licence of its own, or its zip file has none.
if ! cmp -s LICENSE erasure/LICENSE; then
  report "erasure/LICENSE is not a copy of LICENSE"
fi

while IFS= read -r -d '' path; do
  case $path in
    # go.mod and go.sum are tidy.
    go.mod | */go.mod)
      if ! difference=$(cd "$(dirname "$path")" && go mod tidy -diff 2>&1); then
        report "stale: $path or its go.sum (run make tidy)"$'\n'"$difference"
      fi
      ;;
    # Go files are formatted; one that gofmt cannot parse is a fault.
    *.go) printf '%s\0' "$path" >>"$tmp/gofiles" ;;
  esac
done <"$tmp/files"
if ! xargs -0 gofmt -l <"$tmp/gofiles" >"$tmp/unformatted" 2>"$tmp/unreadable"; then
  report "gofmt fails: $(cat "$tmp/unreadable")"
fi
while IFS= read -r path; do
  report "not formatted: $path (run make tidy)"
done <"$tmp/unformatted"

exit $stale
