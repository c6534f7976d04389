#!/usr/bin/env bash
# Installs the libraries of gate into an environment of the action's own, each file held to its hash in every run.
# What a cache restores is the downloaded files, never an environment: other jobs can write to that cache.
set -euo pipefail

fail() {
    echo "::error title=gate::$1" >&2
    exit 4
}

python=${GATE_ACTION_PYTHON:-python3}
room=$GATE_ACTION_ROOM
wheels=$room/wheels
requirements=$GITHUB_ACTION_PATH/action/requirements.txt
[[ ! -e $room/ready ]] || exit 0
mkdir -p "$room"

# The pip of that Python, which can install for others since version 23; else one of its own environments.
if "$python" -I -c 'import pip, sys; sys.exit(int(pip.__version__.partition(".")[0]) < 23)' 2>/dev/null; then
    pip=("$python" -I -m pip)
else
    "$python" -I -m venv "$room/pip" || fail "Python cannot make environments: install its module venv (python3-venv on Debian)"
    pip=("$room/pip/bin/python" -I -m pip)
fi
pip+=(--disable-pip-version-check --no-input --quiet)
held=(--no-deps --only-binary :all: --require-hashes --requirement "$requirements")

download() {
    rm -rf "$wheels"
    "${pip[@]}" download --dest "$wheels" "${held[@]}" ||
        fail "the libraries of gate cannot be downloaded: is the package index reachable, through PIP_INDEX_URL or a proxy?"
}

install() {
    rm -rf "$room/venv"
    "$python" -I -m venv --without-pip "$room/venv" ||
        fail "Python cannot make environments: install its module venv (python3-venv on Debian)"
    if command -v uv >/dev/null; then
        uv --no-config pip install --quiet --python "$room/venv/bin/python" --no-index --find-links "$wheels" "${held[@]}"
    else
        "${pip[@]}" --python "$room/venv/bin/python" install --no-compile --no-index --find-links "$wheels" "${held[@]}"
    fi
}

if [[ ! -d $wheels ]]; then
    download
    install || fail "the libraries of gate cannot be installed"
elif ! install; then
    echo "::warning title=gate::the cached libraries are damaged or not complete: they are downloaded again" >&2
    download
    install || fail "the libraries of gate cannot be installed"
fi
# gate itself is the checkout of the action, at the commit that the workflow names.
site=$("$room/venv/bin/python" -I -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
printf '%s\n' "$GITHUB_ACTION_PATH" >"$site/gate-action.pth"
touch "$room/ready"
