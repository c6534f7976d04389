"""What stands above an export, for the person who applies it: what it enforces and what it does not."""

import textwrap
from collections.abc import Collection, Iterable, Sequence

from gate import __version__
from gate.deploy.admission.terms import Terms
from gate.policy import Required
from gate.text import one_line

_WIDTH = 116
_ASKED: dict[Required, str] = {
    "signature": "a signature",
    "verdict": "a verdict PASSED",
    "sbom": "a bill of materials (SBOM)",
}


def heading(
    engine: str, terms: Terms, *, enforced: Collection[Required], notes: Sequence[str], gaps: Sequence[str]
) -> str:
    """Comment lines. `enforced` is what is asked of the image; `notes` and `gaps` are sentences without a full stop."""
    asked = ", ".join(words for name, words in _ASKED.items() if name in enforced)
    text = [
        _paragraph(f"Written by gate {__version__} from the trust in its policy, for {engine}."),
        _paragraph(f"Of the images {', '.join(map(str, terms.images))} it asks for {asked}, each by one of these:"),
        _items(f"signer {one.number}: {one.shown}" for one in terms.parties),
    ]
    if "verdict" in enforced:
        of = "any policy" if terms.policies is None else f"the policy {' or '.join(one[:12] for one in terms.policies)}"
        by = " or ".join(terms.verifiers)
        said = f"A verdict counts for {terms.age} after it was made, when it was made under {of} by {by}."
        text.append(_paragraph(said))
    text += [
        _paragraph("To know:"),
        _items(notes),
        _paragraph("NOT ENFORCED by it, while `gate verify` checks it:"),
        _items(gaps),
    ]
    return "".join(f"# {line}\n" for line in "".join(text).splitlines())


def _paragraph(text: str) -> str:
    return _filled(text, "", "")


def _items(sentences: Iterable[str]) -> str:
    return "".join(_filled(one, "- ", "  ") for one in sentences)


def _filled(text: str, first: str, rest: str) -> str:
    lines = textwrap.wrap(
        one_line(text, 2000),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "".join(f"{line}\n" for line in lines)
