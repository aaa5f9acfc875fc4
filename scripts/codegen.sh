#!/usr/bin/env bash
# Generates openapi/overlaid and api from the specifications, at the root of the
# checkout or copy in which it runs. go generate runs it.
#
#   scripts/codegen.sh                 generates
#   scripts/codegen.sh --tools         only builds the generators
#   scripts/codegen.sh --merge FILE    only writes the merged specifications, without overlays
#
# The generators are built into bin/, so that a later run finds them there. In a
# copy, GENERATORS names the folder that has them already.
set -euo pipefail
export GOWORK=off

tools=${GENERATORS:-$PWD/bin}
if [ -z "${GENERATORS-}" ]; then # without version control data, which would change with every commit
  go build -trimpath -buildvcs=false -o "$tools/" ./tools/overlay github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen
fi
case ${1-} in
  "") ;;
  --tools) exit ;;
  --merge) exec "$tools/overlay" -o "$2" openapi/customers/*.json ;;
  *) echo "usage: scripts/codegen.sh [--tools | --merge FILE]" >&2; exit 2 ;;
esac

# Outputs are deleted first, so that a failure leaves no stale file behind.
mkdir -p api openapi/overlaid
rm -f api/{types,client,server}.gen.go openapi/overlaid/*.json

# finish waits for the commands that run in the background, and fails if one did.
finish() {
  local failed=0
  for command in $(jobs -p); do wait "$command" || failed=1; done
  [ $failed = 0 ] || exit 1
}

# All specifications merged into one contract, with the overlays applied. The code
# below is generated from it, and package contract judges by it. The shell expands
# the pattern, so a new operation needs no new line.
"$tools/overlay" -o openapi/overlaid/customers.json -overlay openapi/overlay.yaml openapi/customers/*.json &
"$tools/overlay" -o openapi/overlaid/customers.strict.json -overlay openapi/overlay.yaml -overlay openapi/overlay-strict.yaml openapi/customers/*.json &
finish

for part in types client server; do
  "$tools/oapi-codegen" -config "openapi/codegen/$part.yaml" -o "api/$part.gen.go" openapi/overlaid/customers.json &
done
finish
