#!/bin/sh
# Puts a trained model in the place of the one that the program carries. Its card and licence stay: a person writes those.
#
#   scripts/carry-model.sh builtin-model assets/model
set -eu

from=$1 to=$2
files='config.json model.safetensors vocab.json merges.txt preprocessor_config.json tokenizer_config.json special_tokens_map.json'
most=12 # MB: it is in Git, and in every copy of the program

say() { echo "carry-model: $*" >&2; }

for file in $files; do
    [ -f "$from/$file" ] || { say "$from/$file is missing; make builtin-model trains a model into ./builtin-model"; exit 1; }
done
size=$(cd "$from" && cat $files | wc -c)
if [ "$size" -gt $((most * 1000000)) ]; then
    say "$from has $size bytes, and at most $most MB are carried; with 8-bit weights: clipsearch tune --dtype int8"
    exit 1
fi
./clipsearch model verify "$from"
for file in $files; do
    cp "$from/$file" "$to/$file.new" # Makefile's build reads the folder: no half file is ever there under its name
    mv "$to/$file.new" "$to/$file"
done
say "$to now holds it, $size bytes. Then: make, clipsearch eval --model builtin on the test splits that $to/README.md"
say "names, and put the figures, the data and the recipe ($from/README.md has them) there and into LICENSE.md"
