"""The examples in the docstrings give the outputs shown."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import motifnet

PACKAGE = Path(motifnet.__file__).parent


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


WITH_EXAMPLES = sorted(path for path in PACKAGE.rglob("*.py") if "    >>> " in path.read_text())


#: Imports TensorFlow.
SLOW = {"estimators.py"}


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=pytest.mark.slow if path.name in SLOW else ()) for path in WITH_EXAMPLES],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_examples_of_docstrings(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # examples write files
    (tmp_path / "data").symlink_to(PACKAGE.parent / "data")
    done = doctest.testmod(import_module(module_of(path)), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert done.attempted
    assert not done.failed


def test_the_modules_with_examples_are_found() -> None:
    assert {"motif.py", "ragged.py", "html.py"} <= {path.name for path in WITH_EXAMPLES}
