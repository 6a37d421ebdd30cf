"""The reference with another source for some of its modules, in this process alone."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType

PACKAGE = "conformance.reference"


def install(sources: tuple[tuple[str, str], ...]) -> None:
    """Import the reference anew, with these sources in place of the modules' own."""
    if not sources:
        return
    package = importlib.import_module(PACKAGE)
    for name in [each for each in sys.modules if each.startswith(f"{PACKAGE}.")]:
        del sys.modules[name]
        vars(package).pop(name.rpartition(".")[2], None)
    finder = _Finder(dict(sources))
    sys.meta_path.insert(0, finder)
    importlib.import_module(f"{PACKAGE}.server")


class _Finder:
    """Finds the modules that have another source, and loads them from it."""

    def __init__(self, sources: dict[str, str]) -> None:
        self._sources = sources

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> object:
        """The specification of a module that this finder has a source for."""
        if name not in self._sources:
            return None
        return importlib.util.spec_from_loader(name, self)

    def create_module(self, _spec: object) -> None:
        """A module as any other."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the other source."""
        exec(compile(self._sources[module.__name__], module.__name__, "exec"), module.__dict__)
