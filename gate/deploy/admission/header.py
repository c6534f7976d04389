"""The comments above an exported policy: what it enforces and what it does not."""

import textwrap
from collections.abc import Collection, Iterable

from gate import __version__
from gate.deploy.admission.requirements import Requirements
from gate.policy import Required
from gate.text import one_line

_WIDTH = 116
_EVIDENCE: dict[Required, str] = {"signature": "a signature", "verdict": "a verdict PASSED", "sbom": "an SBOM"}


def header(
    engine: str,
    requirements: Requirements,
    *,
    enforced: Collection[Required],
    notes: Iterable[str],
    gaps: Iterable[str],
) -> str:
    """Comment lines. `enforced` is the evidence that is required; `notes` and `gaps` have no full stop at the end."""
    evidence = ", ".join(text for name, text in _EVIDENCE.items() if name in enforced)
    images = ", ".join(map(str, requirements.images))
    lines = [
        *_wrapped(f"Written by gate {__version__} from the trust in its policy, for {engine}."),
        *_wrapped(f"Images: {images}. Required: {evidence}, each by one of these:"),
        *_items(f"signer {signer.number}: {signer.description}" for signer in requirements.signers),
    ]
    if "verdict" in enforced:
        lines += _wrapped(_verdict_rule(requirements))
    lines += ["Notes:", *_items(notes)]
    lines += ["NOT ENFORCED by it, although `gate verify` checks it:", *_items(gaps)]
    return "".join(f"# {line}\n" for line in lines)


def _verdict_rule(requirements: Requirements) -> str:
    policies = requirements.policies
    under = "any policy" if policies is None else f"the policy {' or '.join(digest[:12] for digest in policies)}"
    verifiers = " or ".join(requirements.verifiers)
    return f"A verdict is valid for {requirements.age_text}, when {verifiers} made it under {under}."


def _items(sentences: Iterable[str]) -> list[str]:
    return [line for sentence in sentences for line in _wrapped(sentence, "- ", "  ")]


def _wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(
        one_line(text, 2000),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
