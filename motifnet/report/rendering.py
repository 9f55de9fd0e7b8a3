"""Pages from templates: one HTML file with style and script; all texts are escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from motifnet.html import shortened
from motifnet.report import formatting
from motifnet.report.explanations import EXPLANATIONS

#: Unicode marks that change the direction of reading; a name with one would affect the text around it.
_DIRECTION_MARKS = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"), "\ufffd")


def render_page(template: str, context: Mapping[str, Any], **shared: Any) -> str:
    """Render a template with variables; `shared` are also defined in imported templates."""
    from jinja2 import Environment, PackageLoader

    # Names come from untrusted files: everything is escaped, whatever the suffix of the template.
    environment = Environment(
        loader=PackageLoader("motifnet.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    filters = ("number", "fixed", "e_value", "count", "sort_key", "duration", "file_size")
    environment.filters.update({name: getattr(formatting, name) for name in filters}, shortened=shortened)
    environment.globals.update(
        percent=formatting.percent, fraction=formatting.fraction, explanations=EXPLANATIONS, **shared
    )
    style, script = (
        _without_blank_lines((files("motifnet.report") / "templates" / name).read_text(encoding="utf-8"))
        for name in ("style.css", "script.js")
    )
    page = environment.get_template(template).render(
        **context, style=Markup(style), script=Markup(script), policy=_policy(style, script)
    )
    # Half of a surrogate pair, which JSON and escapes can contain, is not text.
    text = _without_blank_lines(page).translate(_DIRECTION_MARKS)
    return text.encode("utf-8", "replace").decode("utf-8")


def _without_blank_lines(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.split("\n") if line.strip()) + "\n"


def _policy(style: str, script: str) -> str:
    """Content security policy: only the script and the style of the page itself."""
    own = (f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in (style, script))
    return "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'".format(*own)
