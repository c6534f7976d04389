#!/bin/sh
# Gets what Python's package index does not have, each only if it is not there:
# tools.sh [registry] [cosign] [browser] [node] [runtimes] [bench]
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
    { [ -d state ] || apart update; } && apart download "$2"
)

# apt-get with lists of its own, in this folder.
apart() {
    mkdir -p state/lists/partial cache/archives/partial
    apt-get -qq -o Dir::State="$PWD/state" -o Dir::State::lists="$PWD/state/lists" -o Dir::Cache="$PWD/cache" \
        -o Dir::State::status=/var/lib/dpkg/status -o APT::Sandbox::User="$(id -un)" "$@" >/dev/null 2>&1
}

# Two of them: what cosign 2 signed is still about. Debian has them in releases later than many a machine's own.
get_cosign() {
    if ! serves 3 cosign; then get_cosign_of 3 cosign forky sid; fi
    if ! serves 2 cosign2 && ! serves 2 cosign; then get_cosign_of 2 cosign2 trixie; fi
}

get_cosign_of() {
    major=$1 name=$2
    shift 2
    if ! have apt-get || ! have dpkg-deb; then
        say "no cosign $major: install it for the tests and the demo that sign"
        return
    fi
    say "getting cosign $major from the packages of a later release of the system"
    mkdir -p .tools/bin
    for release; do
        room=$(mktemp -d)
        if fetch_of "$release" "$room" cosign && dpkg-deb -x "$room"/cosign_*.deb "$room/files" &&
            is_cosign "$major" "$room/files/usr/bin/cosign"; then
            mv "$room/files/usr/bin/cosign" ".tools/bin/$name"
        fi
        rm -rf "$room"
        if [ -x ".tools/bin/$name" ]; then return; fi
    done
    say "cosign $major cannot be had: install it for the tests and the demo that sign"
}

# Whether the machine has that program, in that major version.
serves() {
    for found in "$(command -v "$2" 2>/dev/null)" ".tools/bin/$2"; do
        if [ -x "$found" ] && is_cosign "$1" "$found"; then return 0; fi
    done
    return 1
}

# Debian's says of its version that it is "devel": what it can do tells them apart.
is_cosign() {
    case $("$2" sign --help 2>/dev/null) in
        *--use-signing-config=true*) [ "$1" = 3 ] ;;
        *--tlog-upload*) [ "$1" = 2 ] ;;
        *) false ;;
    esac
}

# A package of another release, from where the machine has its own, held to the same keys.
fetch_of() (
    release=$1 package=$3
    cd "$2"
    chmod 755 .
    mkdir sources
    number=0
    # shellcheck source=/dev/null
    own=$(. /etc/os-release && echo "${VERSION_CODENAME:-stable}")
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
        if [ ! -r "$file" ]; then continue; fi
        number=$((number + 1))
        of_release "$release" "$file" "$own" >"sources/$number.${file##*.}"
    done
    set -- -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$PWD/sources" -o Acquire::Languages=none \
        -o Acquire::PDiffs=false -o APT::Default-Release="$release"
    apart "$@" update || true # not every place has every release, and one that has is enough
    apart "$@" download "$package"
)

# One file of sources, in either of apt's two formats: those of the machine's release alone, with another in its place.
of_release() {
    awk -v release="$1" -v own="$3" '
        function done() { if (text && found) print text; text = ""; found = 0 }
        FILENAME ~ /[.]list$/ {
            for (i = 3; $1 == "deb" && i <= NF; i++) if ($i == own) { $i = release; print; next }
            next
        }
        /^[ \t]*$/ { done(); next }
        tolower($1) == "suites:" { for (i = 2; i <= NF; i++) if ($i == own) found = 1; $0 = "Suites: " release }
        tolower($1) == "types:" { $0 = "Types: deb" }
        { text = text $0 "\n" }
        END { done() }
    ' "$2"
}

# What pulls and unpacks images. Unpacked aside with the libraries that the system lacks: installed, containerd would be
# started as a service.
get_runtimes() {
    if have podman && have skopeo && have containerd && have ctr; then return; fi
    if ! have apt-get || ! have dpkg-deb; then
        say "no container runtimes: install podman, skopeo and containerd for the tests that pull with them"
        return
    fi
    say "getting podman, skopeo and containerd from the system's packages"
    room=$(mktemp -d)
    runtimes=.tools/runtimes
    mkdir -p .tools/bin $runtimes
    for package in $(needed "$room" podman skopeo containerd); do
        fetch "$room" "$package" || say "$package cannot be had"
    done
    for file in "$room"/*.deb; do
        if [ -e "$file" ]; then dpkg-deb -x "$file" $runtimes; fi
    done
    rm -rf "$room"
    for program in podman skopeo containerd ctr; do
        if have $program; then continue; fi
        if [ -x $runtimes/usr/bin/$program ]; then
            wrapper $program >.tools/bin/$program
            chmod +x .tools/bin/$program
        else
            say "$program cannot be had: install it for the tests that pull with it"
        fi
    done
}

# The packages that these need and the system lacks, themselves included.
needed() (
    cd "$1"
    shift
    chmod 755 .
    if ! apt-get -qq -s install --no-install-recommends "$@" >simulated 2>/dev/null; then
        apart update
        apt-get -qq -s -o Dir::State="$PWD/state" -o Dir::State::lists="$PWD/state/lists" -o Dir::Cache="$PWD/cache" \
            -o Dir::State::status=/var/lib/dpkg/status install --no-install-recommends "$@" >simulated 2>/dev/null || true
    fi
    awk '$1 == "Inst" && $3 !~ /^\[/ { print $2 }' simulated # one in brackets is there in another version
)

wrapper() {
    cat <<END
#!/bin/sh
# Runs $1 with the libraries that were unpacked beside it.
here=\$(cd "\$(dirname "\$0")/../runtimes" && pwd)
LD_LIBRARY_PATH=\$(echo "\$here"/usr/lib/*-linux-gnu* | tr ' ' ':')
export LD_LIBRARY_PATH
exec "\$here/usr/bin/$1" "\$@"
END
}

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
    say "getting the judges of SARIF and of workflows with npm"
    mkdir -p .tools
    cp requirements/package.json $lock .tools/
    # No script of a package is run: the one that this package has makes its program executable, as is done here.
    if (cd .tools && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null) &&
        chmod u+x .tools/node_modules/@microsoft/sarif-multitool-*/Sarif.Multitool; then
        cp $lock .tools/installed.json
    else
        say "the judges of SARIF and of workflows cannot be had, and tests need them"
    fi
}

for wanted; do
    case $wanted in
        registry) get_registry ;;
        cosign) get_cosign ;;
        browser) get_package chromium chromium chromium-browser google-chrome ;;
        node) get_node ;;
        runtimes) get_runtimes ;;
        bench)
            get_package debootstrap debootstrap
            get_package skopeo skopeo
            ;;
        *) say "unknown: $wanted"; exit 2 ;;
    esac
done
