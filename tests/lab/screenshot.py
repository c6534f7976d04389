"""`python -m tests.lab.screenshot`: write docs/scan.svg, the terminal during a scan of a sample image."""

import io
import os
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.lab import database, images
from tests.lab.tools import ROOT

TARGET = ROOT / "docs" / "scan.svg"
WORDS = ["gate", "scan", "oci:app:1.4", "--sarif", "gate.sarif", "--html", "report.html"]
_WIDTH = 110


def main() -> None:
    """Scan the sample image as a user would, and draw what the terminal shows."""
    from rich.console import Console
    from rich.text import Text

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        layout = images.samples(folder / "app")
        layout.tag(layout.tagged("single"), "1.4")
        now = datetime.now(UTC) - timedelta(hours=6)
        cache = database.build_java(database.build(folder / "database", updated=now), updated=now)
        env = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": name, "LANG": "C.UTF-8",
            "GATE_TRIVY_CACHE": str(cache), "GATE_OFFLINE": "1", "GATE_COLOR": "always", "COLUMNS": str(_WIDTH),
        }  # fmt: skip
        done = subprocess.run(WORDS, cwd=folder, env=env, stdout=subprocess.PIPE, text=True, check=False)
    console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(f"$ {' '.join(WORDS)}\n", highlight=False)
    console.print(Text.from_ansi(done.stdout), highlight=False)
    console.print(f"$ echo $?\n{done.returncode}", highlight=False)
    svg = console.export_svg(title="gate scan", unique_id="scan")
    # The picture loads nothing from elsewhere.
    TARGET.write_text(
        re.sub(r"(?s)\s*@font-face \{.*?\}", "", svg).replace("Fira Code, ", "").replace("'Fira Code', ", "")
    )


if __name__ == "__main__":
    main()
