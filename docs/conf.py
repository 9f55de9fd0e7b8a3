"""Sphinx configuration. Build with ``sphinx-build -W -b html docs build/docs``; it needs no network."""

from __future__ import annotations

import re
import shutil
import sys
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import generate  # noqa: E402  # beside this file

project = "motifnet"
author = copyright = "The motifnet maintainers"
version = release = version_of("motifnet")

extensions = ["myst_nb", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx_design"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "off"
nb_render_markdown_format = "myst"

templates_path = ["_templates"]
autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

html_theme = "pydata_sphinx_theme"
html_title = "motifnet"
html_static_path: list[str] = []
html_theme_options = {"show_toc_level": 2, "navigation_with_keys": False, "search_bar_text": "Search"}
html_show_sourcelink = False

# Notebooks stay in notebooks/; Sphinx reads only files below docs/.
for notebook in (HERE.parent / "notebooks").glob("*.ipynb"):
    shutil.copy(notebook, HERE / "notebooks" / notebook.name)
generate.write_reference(HERE / "reference")


def _skip_member(app: Any, kind: str, name: str, value: object, skip: bool, options: Any) -> bool | None:
    """Leave out the methods that scikit-learn generates for metadata routing; they refer to its own glossary."""
    return True if re.fullmatch(r"set_\w+_request", name) else None


def setup(app: Any) -> None:
    """Register the callbacks of this configuration."""
    app.connect("autodoc-skip-member", _skip_member)
