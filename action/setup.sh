#!/usr/bin/env bash
# Makes an environment of the action's own, from hashes, and says where things are: python, cache, day, lock.
set -euo pipefail

fail() {
    echo "::error title=gate::$1" >&2
    exit 4
}

[[ ${RUNNER_OS:-} != Windows ]] || fail "gate runs on Linux and macOS: choose another runner"
python=${GATE_ACTION_PYTHON:-python3}
command -v -- "$python" >/dev/null || fail "there is no Python: name one in the input 'python', or run actions/setup-python before"
"$python" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or later is needed: name one in the input 'python', or run actions/setup-python before"

digest() { "$python" -I -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"; }

requirements=$GITHUB_ACTION_PATH/action/requirements.txt
home=$RUNNER_TEMP/gate
# Two versions of the action may be used in one job: each has its own.
room=$home/$(printf '%s' "$GITHUB_ACTION_PATH" | "$python" -I -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest()[:16])')
if [[ ! -e $room/ready ]]; then
    rm -rf "$room"
    mkdir -p "$room"
    "$python" -I -m venv "$room/venv" || fail "Python cannot make environments: install its module venv (python3-venv on Debian)"
    "$room/venv/bin/python" -I -m pip --disable-pip-version-check install --quiet --no-input --no-deps \
        --only-binary :all: --require-hashes --requirement "$requirements" ||
        fail "the libraries of gate cannot be installed: is the package index reachable, through PIP_INDEX_URL or a proxy?"
    # gate itself is the checkout of the action, at the commit that the workflow names.
    site=$("$room/venv/bin/python" -I -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    printf '%s\n' "$GITHUB_ACTION_PATH" >"$site/gate-action.pth"
    touch "$room/ready"
fi

# A line break in a value would add outputs of its own.
output() {
    [[ $2 != *[[:cntrl:]]* ]] || fail "the path of the $1 has a line break or another control character: $(printf '%q' "$2")"
    printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
}

output python "$room/venv/bin/python"
output cache "${GATE_CACHE_DIR:-$home/cache}"
output day "$(date -u +%Y-%m-%d)"
output lock "$(digest "$GITHUB_ACTION_PATH/gate/toolchain/lock.json")"
