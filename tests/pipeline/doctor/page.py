"""`python -m tests.pipeline.doctor.page`: writes docs/troubleshooting.md from the known errors of `gate doctor`."""

import re
from itertools import groupby
from textwrap import fill

from gate.maintenance.known_errors import known
from tests.lab.tools import ROOT

PAGE = ROOT / "docs" / "troubleshooting.md"
_HEAD = """# When it fails
What the tools around an image say when they fail, why, and what mends it. Two commands know all of this page:

```console
$ gate doctor ghcr.io/owner/app:1.4
$ docker push ghcr.io/owner/app:1.4 > push.log 2>&1 || gate doctor --from-log push.log
```

The first looks at everything here: see [chores](chores.md#gate-doctor-image). The second reads the log of any of these
tools, however long it is (`-` is standard input), and shows nothing of it but what stands below. Of a line that has
several errors the one that says more is meant; one that only says that something failed counts when there is nothing
else.
"""


def page():
    """The whole of it."""
    parts = [_HEAD]
    order = list(dict.fromkeys(one.about for one in known()))
    for about, group in groupby(sorted(known(), key=lambda one: order.index(one.about)), lambda one: one.about):
        parts.append(f"\n## {about}\n")
        parts += [
            f"\n### `{one.text}`\n\n{_filled(f'**Why:** {one.cause}.')}\n\n{_filled(f'**Mend:** {one.mend}.')}\n"
            for one in group
        ]
    return "".join(parts)


def _filled(text):
    """Within 120 columns, and no command cut in two."""
    whole = re.sub("`[^`]*`", lambda found: found[0].replace(" ", "\0"), text)
    return fill(whole, 120, break_long_words=False, break_on_hyphens=False).replace("\0", " ")


if __name__ == "__main__":
    PAGE.write_text(page())
