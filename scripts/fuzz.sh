#!/usr/bin/env bash
# Runs every fuzz target of the given modules for the given time, one after another:
#   scripts/fuzz.sh 20s . erasure
set -euo pipefail
time=$1
shift
for module in "$@"; do
  while IFS=: read -r file target; do
    package=./$(dirname "$file")
    echo "== $module $package $target"
    (cd "$module" && go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$package")
  done < <(cd "$module" && git ls-files -co --exclude-standard '*_test.go' |
    while IFS= read -r f; do
      # Skip files of nested modules: a file belongs to the nearest go.mod above it.
      dir=$(dirname "$f")
      while [ "$dir" != . ] && [ ! -e "$dir/go.mod" ]; do dir=$(dirname "$dir"); done
      if [ "$dir" = . ]; then sed -n "s|^func \(Fuzz[A-Za-z0-9_]*\)(f \*testing.F).*|$f:\1|p" "$f"; fi
    done)
done
