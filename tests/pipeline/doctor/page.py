"""`python -m tests.pipeline.doctor.page`: writes docs/troubleshooting.md from the known errors of `gate doctor`."""

import re
from itertools import groupby
from textwrap import fill

from gate.maintenance.known_errors import known
from tests.lab.tools import ROOT

PAGE = ROOT / "docs" / "troubleshooting.md"
_HEAD = """# Troubleshooting
Error messages of docker, Trivy, cosign, GitHub and Kubernetes, with causes and fixes. Two commands find them:

```console
$ gate doctor ghcr.io/owner/app:1.4
$ docker push ghcr.io/owner/app:1.4 > push.log 2>&1 || gate doctor --from-log push.log
```

`gate doctor IMAGE` checks this machine, the login and the package ([chores](chores.md#gate-doctor-image)).
`gate doctor --from-log FILE` searches a log of any of these tools (`-` is standard input) for the errors on this page.
It prints only their entries, nothing from the log. If a line matches several entries, the most specific one is shown.
Messages that only say that something failed are shown when nothing else matches.
"""


def page():
    """The text of the page."""
    parts = [_HEAD]
    order = list(dict.fromkeys(error.about for error in known()))
    for about, group in groupby(sorted(known(), key=lambda error: order.index(error.about)), lambda error: error.about):
        parts.append(f"\n## {about}\n")
        for error in group:
            cause, fix = _filled(f"**Cause:** {error.cause}."), _filled(f"**Fix:** {error.remedy}.")
            parts.append(f"\n### `{error.text}`\n\n{cause}\n\n{fix}\n")
    return "".join(parts)


def _filled(text):
    """Wrap at 120 columns, without splitting a command."""
    whole = re.sub("`[^`]*`", lambda found: found[0].replace(" ", "\0"), text)
    return fill(whole, 120, break_long_words=False, break_on_hyphens=False).replace("\0", " ")


if __name__ == "__main__":
    PAGE.write_text(page())
