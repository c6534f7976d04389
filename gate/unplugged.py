"""What looks for plugins of pydantic is not loaded, as there are none here.

It brings in what reads the metadata of packages, and that takes longer than to read a policy.
"""

import importlib
import sys
from types import ModuleType
from typing import Any

_LOADER = "pydantic.plugin._loader"


class _NoPlugins(ModuleType):
    """Stands for the module that looks for them; whatever else it may have is taken from itself."""

    @staticmethod
    def get_plugins() -> tuple[()]:
        """None."""
        return ()

    def __getattr__(self, name: str) -> Any:
        """Give way to the module itself, unless it is but asked whether it is a package."""
        if name.startswith("__"):
            raise AttributeError(name)
        del sys.modules[_LOADER]
        return getattr(importlib.import_module(_LOADER), name)


def unplug() -> None:
    """To be called before pydantic is imported, by who has switched its plugins off."""
    sys.modules[_LOADER] = _NoPlugins(_LOADER)
