#!/bin/sh
# Installs the Debian packages that are named and missing. Asks for root only when one is; where root is not
# to be had it prints the command that a person has to run, and exits 1.
#
#   scripts/apt-install.sh g++ libvips-dev
set -eu

missing=
for package in "$@"; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) || status=
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
missing=${missing# }

say() { echo "setup: $*" >&2; }

if ! command -v apt-get >/dev/null; then
    say "this needs the packages that Debian calls: $missing"
    say "there is no apt-get here; install them with this system's own means"
    exit 1
fi

root= # what to put in front of a command that needs root
if [ "$(id -u)" -ne 0 ]; then
    root=sudo
    [ -t 0 ] || root="sudo -n" # nobody is there to type a password
    if ! command -v sudo >/dev/null || ! { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        say "missing packages, and no right to install them. As root run:"
        say "    apt-get update && apt-get install --no-install-recommends $missing"
        exit 1
    fi
fi

update() {
    say "updating apt's lists"
    $root apt-get -qq update
}
install() {
    # shellcheck disable=SC2086 # the names are separate words
    $root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 install --no-install-recommends $missing >"$log" 2>&1
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086
known=$(LC_ALL=C apt-cache policy $missing 2>/dev/null | grep -c 'Candidate: [^(]') || true
# shellcheck disable=SC2086
[ "$known" -eq "$(set -- $missing && echo $#)" ] || update # a bare machine has no lists
# shellcheck disable=SC2086
size=$(LC_ALL=C apt-get -o Debug::NoLocking=1 --assume-no install --no-install-recommends $missing 2>/dev/null |
    sed -n 's/^Need to get \(.*\) of archives.*/ (downloads \1 from Debian)/p') || true
say "installing $missing$size"
if ! install; then
    update # old lists name versions that the archive no longer has
    if ! install; then
        cat "$log" >&2
        say "apt-get could not install: $missing"
        exit 1
    fi
fi
