#!/bin/sh
# Gets what Python's package index does not have, each only if it is not there: tools.sh [registry] [browser] [node] [bench]
# It never fails for what cannot be had: it says what to install, and tests and demo say what they miss.
set -eu
cd "$(dirname "$0")/.."

have() {
    for program; do
        if command -v "$program" >/dev/null 2>&1 || [ -x ".tools/bin/$program" ]; then return 0; fi
    done
    return 1
}

say() { echo "tools: $*" >&2; }

# The program alone, without its package: that one would start a registry on port 5000, and stay. Needs no root.
get_registry() {
    if have docker-registry registry crane; then return; fi
    if ! have apt-get || ! have dpkg-deb; then
        say "no registry: install docker-registry, or crane, for the tests and the demo that push to one"
        return
    fi
    say "getting docker-registry from the system's packages"
    mkdir -p .tools/bin
    room=$(mktemp -d)
    if fetch "$room" docker-registry && dpkg-deb -x "$room"/docker-registry_*.deb "$room/files"; then
        mv "$room/files/usr/bin/docker-registry" .tools/bin/docker-registry
    else
        say "docker-registry cannot be had: install it, or crane, for the tests and the demo that push to one"
    fi
    rm -rf "$room"
}

# A fresh machine has no list of packages, and only root may write the system's: then one of our own is made.
fetch() (
    cd "$1"
    chmod 755 .
    if apt-get -qq download "$2" >/dev/null 2>&1; then return 0; fi
    mkdir -p state/lists/partial cache/archives/partial
    package=$2
    set -- -qq -o Dir::State="$PWD/state" -o Dir::State::lists="$PWD/state/lists" -o Dir::Cache="$PWD/cache" \
        -o Dir::State::status=/var/lib/dpkg/status -o APT::Sandbox::User="$(id -un)"
    apt-get "$@" update >/dev/null 2>&1 && apt-get "$@" download "$package" >/dev/null 2>&1
)

# Into the system, for what does not run out of a folder: as root, or where sudo asks no password.
get_package() {
    package=$1
    shift
    if have "$@"; then return; fi
    as_root=
    if [ "$(id -u)" != 0 ]; then as_root="sudo -n"; fi
    if ! have apt-get || ! $as_root true 2>/dev/null; then
        say "no $package: install it for the tests that need it"
        return
    fi
    say "installing $package with apt-get"
    get="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq"
    # shellcheck disable=SC2086 # words, not one
    if ! $get install -y --no-install-recommends "$package" >/dev/null 2>&1; then
        $get update >/dev/null 2>&1 || true
        $get install -y --no-install-recommends "$package" >/dev/null 2>&1 || say "$package cannot be installed"
    fi
}

get_node() {
    get_package npm npm
    lock=requirements/package-lock.json
    if ! have npm || cmp -s $lock .tools/installed.json; then return; fi
    say "getting the SARIF Multitool with npm"
    mkdir -p .tools
    cp requirements/package.json $lock .tools/
    # No script of a package is run: the one that this package has makes its program executable, as is done here.
    if (cd .tools && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null) &&
        chmod u+x .tools/node_modules/@microsoft/sarif-multitool-*/Sarif.Multitool; then
        cp $lock .tools/installed.json
    else
        say "the SARIF Multitool cannot be had, and tests need it"
    fi
}

for wanted; do
    case $wanted in
        registry) get_registry ;;
        browser) get_package chromium chromium chromium-browser google-chrome ;;
        node) get_node ;;
        bench)
            get_package debootstrap debootstrap
            get_package skopeo skopeo
            ;;
        *) say "unknown: $wanted"; exit 2 ;;
    esac
done
