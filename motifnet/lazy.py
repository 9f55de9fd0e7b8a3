"""Public names of a package, imported when they are first used (PEP 562).

They are listed once, in the stub ``__init__.pyi`` of the package, which type checkers and editors read too.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any


def public_names(init: str) -> dict[str, tuple[str, ...]]:
    """Public names by the module that defines them.

    Parameters
    ----------
    init : str
        Path of the package's ``__init__.py``.
    """
    stub = ast.parse(Path(init).with_suffix(".pyi").read_text(encoding="utf-8"))
    imports = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    return {str(node.module): tuple(alias.name for alias in node.names) for node in imports}


def lazy_getattr(package: str, homes: dict[str, tuple[str, ...]]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package: imports a public name or submodule, or suggests a similar one."""
    modules = {name: module for module, names in homes.items() for name in names}

    def __getattr__(name: str) -> Any:
        if name not in modules:
            import difflib

            similar = difflib.get_close_matches(name, modules, n=3)
            suggestion = f". Did you mean {' or '.join(map(repr, similar))}?" if similar else ""
            raise AttributeError(f"module {package!r} has no attribute {name!r}{suggestion}")
        if modules[name] == package:
            return import_module(f"{package}.{name}")
        value = getattr(import_module(modules[name]), name)
        setattr(import_module(package), name, value)
        return value

    return __getattr__
