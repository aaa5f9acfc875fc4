#!/usr/bin/env bash
# Copies inputs that fuzzing has found to the corpus of a target, if they reach statements
# that the seeds and the corpus do not, the smallest first:
#   scripts/corpus.sh erasure ./erasurelog FuzzRead [FOLDER]
# FOLDER is where the fuzzer has kept its inputs, in the build cache by default.
set -euo pipefail
module=$1 package=$2 target=$3
cd "$module"
export GOWORK=off
dir=$(go list -f '{{.Dir}}' "$package")
found=${4:-$(go env GOCACHE)/fuzz/$(go list "$package")/$target}
corpus=$dir/testdata/fuzz/$target
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
go test -c -cover -o "$tmp/test" "$package"
cd "$dir"

# reached writes the statements that a run of tests reaches to a file.
reached() {
  "$tmp/test" -test.run "$1" -test.coverprofile "$tmp/profile" >"$tmp/output" || { cat "$tmp/output" >&2; return 1; }
  awk 'NR > 1 && $3 > 0 { print $1 }' "$tmp/profile" | sort -u >"$2"
}

reached "^$target\$" "$tmp/all"
mkdir -p "$corpus"
for file in $(ls -Sr "$found"); do
  if [ -e "$corpus/$file" ] || [ "$(wc -c <"$found/$file")" -gt 4096 ]; then continue; fi
  cp "$found/$file" "$corpus/$file"
  if ! reached "^$target\$/^$file\$" "$tmp/new"; then
    echo "corpus: $corpus/$file is a fault: fix it, and name the file after it" >&2
    exit 1
  fi
  if [ -n "$(comm -13 "$tmp/all" "$tmp/new")" ]; then
    sort -u -o "$tmp/all" "$tmp/all" "$tmp/new"
    echo "$file"
  else
    rm "$corpus/$file"
  fi
done
rmdir "$corpus" "${corpus%/*}" 2>/dev/null || true
