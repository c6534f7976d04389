"""Read trivy.yaml: trivy.dev, docs/references/configuration/config-file."""

from collections.abc import Callable, Mapping

from gate.maintenance.policy_import.settings import ImportedSettings, leaves, threshold, words
from gate.text import one_line

_SCANNERS = "trivy.yaml chooses scanners; gate scans for what the policy judges, and --scanners adds more"
_ALL = "gate judges everything that was found: write an exception for each finding that is acceptable"
_LEFT_OUT = {
    "ignorefile": "import that file too: gate policy import FILE",
    "ignore-policy": "a Rego policy is not read: write exceptions, or a VEX file",
    "scan.scanners": _SCANNERS,
    "scan.skip-dirs": _ALL,
    "scan.skip-files": _ALL,
    "scan.file-patterns": _ALL,
    "pkg.types": _ALL,
    "pkg.relationships": _ALL,
    "vulnerability.ignore-status": "only `fixable_only` is known: it leaves out all findings without a fix",
    "license.ignored": "only the licences that `fail_on.licences` lists refuse an image",
    "misconfiguration.check": "checks of one's own are not run",
    "exit-code": "gate scan ends with 10 when the image is refused; --exit-code 0 only reports",
}
"""Keys that have no counterpart, by the beginning of their name."""


def read_trivy_config(config: Mapping[str, object]) -> ImportedSettings:
    """Translate the settings that judge; all others are named in `left_out`."""
    found = ImportedSettings()
    scanners = words(_at(config, "scan", "scanners")) or ["vuln", "secret"]
    for key, value in leaves(config).items():
        if translate := _KNOWN.get(key):
            translate(found, value, scanners)
        elif reason := next((why for name, why in _LEFT_OUT.items() if key.startswith(name)), ""):
            found.left_out.append(f"{one_line(key, 100)}: {reason}")
        else:
            found.left_out.append(f"{one_line(key, 100)}: no rule of a policy (see gate scan --help for an option)")
    return found


def _at(config: object, *keys: str) -> object:
    for key in keys:
        config = config.get(key) if isinstance(config, Mapping) else None
    return config


def _severity(found: ImportedSettings, value: object, scanners: list[str]) -> None:
    lowest = threshold(words(value))
    if lowest is None:
        found.left_out.append(
            f"severity: {one_line(', '.join(words(value)), 100)} does not run down from critical, and a threshold "
            "cannot say that"
        )
        return
    found.fail_on["severity"] = lowest
    for scanner, key in (("secret", "secrets"), ("misconfig", "misconfigurations")):
        if scanner in scanners:
            found.fail_on[key] = lowest


def _ignore_unfixed(found: ImportedSettings, value: object, _: list[str]) -> None:
    if value is True:
        found.fail_on["fixable_only"] = True


def _forbidden(found: ImportedSettings, value: object, _: list[str]) -> None:
    found.fail_on["licences"] = words(value)


def _vex(found: ImportedSettings, value: object, _: list[str]) -> None:
    for name in words(value):
        if name in {"repo", "oci"}:
            found.left_out.append(f"vex: {name}: only files are read")
        else:
            found.vex.append(name)


def _platform(found: ImportedSettings, value: object, _: list[str]) -> None:
    found.platforms += words(value)


_KNOWN: Mapping[str, Callable[[ImportedSettings, object, list[str]], None]] = {
    "severity": _severity,
    "vulnerability.ignore-unfixed": _ignore_unfixed,
    "ignore-unfixed": _ignore_unfixed,
    "license.forbidden": _forbidden,
    "vulnerability.vex": _vex,
    "vex": _vex,
    "image.platform": _platform,
}
