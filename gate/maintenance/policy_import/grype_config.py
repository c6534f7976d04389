"""Read .grype.yaml: github.com/anchore/grype, README, "Configuration" and "Specifying matches to ignore"."""

from collections.abc import Mapping

from gate.maintenance.policy_import.settings import ImportedException, ImportedSettings, leaves, words
from gate.text import one_line

_SEVERITIES = {"negligible": "low", "low": "low", "medium": "medium", "high": "high", "critical": "critical"}
_UNFIXED = frozenset({"not-fixed", "wont-fix", "unknown"})
_CARRIED = frozenset({"vulnerability", "reason", "package.name", "package.location", "include-aliases"})
"""Conditions of an ignore rule that an exception can say."""


def read_grype_config(config: Mapping[str, object]) -> ImportedSettings:
    """Translate the settings that judge; all others are named in `left_out`."""
    found = ImportedSettings()
    for key, value in config.items():
        match key:
            case "fail-on-severity" if isinstance(value, str) and value.lower() in _SEVERITIES:
                found.fail_on["severity"] = _SEVERITIES[value.lower()]
            case "only-fixed":
                if value is True:
                    found.fail_on["fixable_only"] = True
            case "ignore" if isinstance(value, list):
                _ignored(value, found)
            case "vex-documents":
                found.vex += words(value)
            case "platform":
                found.platforms += words(value)
            case "exclude":
                found.left_out.append("exclude: gate scans every file: write an exception for each acceptable finding")
            case _:
                found.left_out.append(f"{one_line(key, 100)}: no rule of a policy (see gate scan --help for an option)")
    return found


def _ignored(rules: list[object], found: ImportedSettings) -> None:
    states = set()
    for number, rule in enumerate(rules, 1):
        conditions = leaves(rule) if isinstance(rule, Mapping) else {}
        shown = one_line(", ".join(f"{key}: {value}" for key, value in conditions.items()) or str(rule), 200)
        if set(conditions) == {"fix-state"} and conditions["fix-state"] in _UNFIXED:
            states.add(conditions["fix-state"])
            if states == _UNFIXED:
                found.fail_on["fixable_only"] = True
            continue
        if more := sorted(set(conditions) - _CARRIED):
            found.left_out.append(
                f"ignore rule {number} ({shown}): an exception has no {one_line(', '.join(more), 100)}, and would "
                "excuse more without it"
            )
            continue
        texts = {key: value for key, value in conditions.items() if isinstance(value, str)}
        if "vulnerability" not in texts or set(conditions) - set(texts) - {"include-aliases"}:
            found.left_out.append(f"ignore rule {number} ({shown}): an exception is for one vulnerability")
            continue
        found.exceptions.append(
            ImportedException(
                id=texts["vulnerability"],
                package=texts.get("package.name", ""),
                path=texts.get("package.location", "").lstrip("/"),
                reason=texts.get("reason", ""),
            )
        )
    if states and states != _UNFIXED:
        found.left_out.append(
            f"ignore rules for fix-state {', '.join(sorted(states))}: only all findings without a fix together can be "
            "left out: fail_on.fixable_only"
        )
