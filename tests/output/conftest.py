import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "golden"


@pytest.fixture
def golden():
    """Compares a text with the file that holds how it last looked; `UPDATE_GOLDEN=1` rewrites the file."""

    def same(name, text):
        path = FOLDER / name
        if os.environ.get("UPDATE_GOLDEN") == "1":
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")

    return same
