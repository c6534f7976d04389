"""Ids of misconfiguration checks, under the names that Trivy gives them today."""

import re

_CHECK = re.compile(r"(?:AVD-([A-Z]{2,20})|(DS))-?([0-9]{1,4})", re.IGNORECASE)


def current_check(identity: str) -> str:
    """Return the current id of a misconfiguration check; any other id is returned unchanged.

    Trivy renamed its checks in 0.69: `DS002` and `AVD-DS-0002` of an older file are `DS-0002`.
    """
    old = _CHECK.fullmatch(identity)
    return f"{(old[1] or old[2]).upper()}-{old[3]:0>4}" if old else identity
