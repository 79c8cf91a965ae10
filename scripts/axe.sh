#!/bin/sh
# Installs axe-core, with which the tests look for what shuts people out of the pages, where ui/testdata/axe names its
# version. It is no part of the program.
set -eu
cd "$(dirname "$0")/../ui/testdata/axe"
[ ! -e node_modules/axe-core/axe.min.js ] || [ node_modules/.package-lock.json -ot package-lock.json ] || exit 0
command -v npm >/dev/null || ../../../scripts/apt-install.sh npm
npm ci --silent --ignore-scripts --no-audit --no-fund
touch node_modules/.package-lock.json
