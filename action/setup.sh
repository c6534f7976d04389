#!/usr/bin/env bash
# Checks the runner and says where things are: python (of the action's own environment), wheels, cache, day, lock.
set -euo pipefail

fail() {
    echo "::error title=gate::$1" >&2
    exit 4
}

[[ ${RUNNER_OS:-} != Windows ]] || fail "gate runs on Linux and on macOS with Apple silicon: choose another runner"
[[ ${RUNNER_OS:-}-${RUNNER_ARCH:-} != macOS-X64 ]] ||
    fail "gate runs on macOS with Apple silicon alone, since cryptography has no wheel for Intel: choose another runner"
python=${GATE_ACTION_PYTHON:-python3}
command -v -- "$python" >/dev/null || fail "there is no Python: name one in the input 'python', or run actions/setup-python before"
"$python" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or later is needed: name one in the input 'python', or run actions/setup-python before"

digest() { "$python" -I -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"; }

# A line break in a value would add outputs of its own.
output() {
    [[ $2 != *[[:cntrl:]]* ]] || fail "the path of the $1 has a line break or another control character: $(printf '%q' "$2")"
    printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
}

home=$RUNNER_TEMP/gate
# Two versions of the action may be used in one job: each has its own environment.
name=$(printf '%s' "$GITHUB_ACTION_PATH" | "$python" -I -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest()[:16])')
output room "$home/$name"
output python "$home/$name/venv/bin/python"
output wheels "$home/$name/wheels"
# Wheels are of one Python and one system.
output libraries "$("$python" -I -c 'import sysconfig; print(sysconfig.get_platform(), sysconfig.get_python_version(), sep="-")')-$(digest "$GITHUB_ACTION_PATH/action/requirements.txt")"
output cache "${GATE_CACHE_DIR:-$home/cache}"
output day "$(date -u +%Y-%m-%d)"
output lock "$(digest "$GITHUB_ACTION_PATH/gate/toolchain/lock.json")"
