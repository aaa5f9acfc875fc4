#!/usr/bin/env bash
# Looks for known vulnerabilities in the given modules, with bin/govulncheck. GOVULNDB is
# the address of the database, https://vuln.go.dev by default; file:///folder is a copy.
# The exit status is 0 without findings, 3 with some and 1 if a module was not checked.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
database=${GOVULNDB:-https://vuln.go.dev}
found=0
for module in "$@"; do
  echo "== $module: govulncheck"
  status=0
  (cd "$module" && GOWORK=off "$root/bin/govulncheck" -db "$database" ./...) || status=$?
  case $status in
    0) ;;
    3) found=3 ;;
    *)
      echo "govulncheck: $module was not checked: is $database reachable? GOVULNDB=file:///folder uses a copy of the database" >&2
      exit 1
      ;;
  esac
done
exit $found
