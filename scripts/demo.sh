#!/usr/bin/env bash
# Indexes Debian's Tux Paint stamps (real pictures with captions) into a library of its own and searches them.
# Called by "make demo", which has built ./clipsearch and installed the pictures. Uses --model of $CLIPSEARCH_MODEL if set.
set -euo pipefail

stamps=/usr/share/tuxpaint/stamps
folder="${XDG_CACHE_HOME:-$HOME/.cache}/clipsearch-demo"
library="$folder/stamps.clipsearch"
cd "$(dirname "$0")/.."
program=./clipsearch
mkdir -p "$folder"

if [[ -z "${CLIPSEARCH_MODEL:-}" ]]; then
  echo "No model: \$CLIPSEARCH_MODEL names no checkpoint and the program has none built in yet, so this demo"
  echo "searches captions and names only. Name a CLIP checkpoint (Hugging Face layout) to search what pictures show."
  echo
fi

echo "== clipsearch index $stamps"
status=0
"$program" index --library "$library" "$stamps" || status=$?
if [[ $status -ne 0 && $status -ne 3 ]]; then # 3: done, but some pictures could not be read
  exit "$status"
fi

for query in "butterfly" "steam locomotive" "red flower"; do
  echo
  echo "== clipsearch search \"$query\""
  "$program" search --library "$library" -k 5 "$query"
done

echo
echo "The web page: $program serve --library $library"
if [[ -t 1 && -z "${CI:-}" ]]; then
  exec "$program" serve --library "$library"
fi
echo "It prints its address, http://127.0.0.1:7700/ unless that port is taken."
