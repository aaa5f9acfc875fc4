#!/usr/bin/env bash
# Writes what yuno-erasure links to bin/yuno-erasure.cdx.json, with bin/cyclonedx-gomod.
# It is for the binary of Linux on amd64 unless GOOS and GOARCH say otherwise. There is
# no time and no random number in it: the same commit gives the same file. The licences
# are in erasure/NOTICE: the program's own look at them mistakes several.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOWORK=off CGO_ENABLED=0 GOOS=${GOOS:-linux} GOARCH=${GOARCH:-amd64}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bin/cyclonedx-gomod app -json -std -noserial -notimestamp -main cmd/yuno-erasure -output "$tmp/sbom" erasure

# The hash of this project's root module is left out: while it is a folder and no release,
# it is the hash of everything in the folder, of what was built there too.
awk '
  /"name": "github.com\/yuno-community\/yuno-customers"/ { own = 1 }
  own && /"hashes": \[/ { skip = 1 }
  !skip
  skip && /\]/ { skip = own = 0 }
' "$tmp/sbom" >"$tmp/reproducible"
mv "$tmp/reproducible" bin/yuno-erasure.cdx.json
