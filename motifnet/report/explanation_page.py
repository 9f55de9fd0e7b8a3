"""explain.html: contributions as letters with the sites of motifs, method and files, in one self-contained page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pandas as pd

from motifnet.html import shortened
from motifnet.interpretation.attribution.explanation_spec import ExplanationSpec
from motifnet.interpretation.attribution.sites_below import sites_below
from motifnet.outputs import write_text
from motifnet.provenance import PROVENANCE
from motifnet.report.formatting import count, listed, number
from motifnet.report.letter_tracks import letter_track, shown_part
from motifnet.report.rendering import render_page

if TYPE_CHECKING:
    from motifnet.interpretation.attribution.contributions import Attributions

PAGE = "explain.html"
METHODS = {
    "deeplift": "DeepLIFT, rescale rule (Shrikumar et al. 2017)",
    "ism": "in-silico mutagenesis: effects of all substitutions minus their mean over the four bases",
    "gradient": "gradient times input, minus the mean over the four bases (Majdandzic et al. 2023)",
    "integrated-gradients": "integrated gradients (Sundararajan et al. 2017)",
}
_REFERENCES = {
    "zeros": "a sequence of unknown bases",
    "composition": "the frequencies of the bases in each sequence",
}
#: Beginnings of the names of files, and their content.
_FILES = {
    "one_hot.": "sequences, one-hot: input of modisco motifs -s",
    "contributions.": "contributions: .npz is the input of modisco motifs -a, others are tracks for genome browsers",
    "bases.tsv": "the strongest bases of each sequence",
}


@dataclass(frozen=True, eq=False)
class Explained:
    """One sequence: its index in the file, and the attributions of one task."""

    index: int
    attributions: Attributions

    @property
    def score(self) -> float:
        """Score of the task."""
        return float(self.attributions.outputs[0, 0])

    @property
    def name(self) -> str:
        """Name of the sequence."""
        return self.attributions.sequences.names[0]


@dataclass
class Facts:
    """Facts about all sequences; the completeness error is that of the blocks added so far."""

    spec: ExplanationSpec
    n_sequences: int
    length: int
    tasks: tuple[str, ...]
    part: str = "network"
    error: float | None = None
    difference: float = 0.0

    def add(self, block: Attributions) -> None:
        """Add a block of attributions."""
        self.part = block.part
        if block.reference_outputs is not None and len(block):
            self.error = max(self.error or 0.0, float(abs(block.completeness_errors()).max()))
            self.difference = max(self.difference, float(abs(block.outputs - block.reference_outputs).max()))

    def rows(self) -> dict[str, str]:
        """Named facts, in order."""
        whole = "the whole model" if self.part == "model" else "the network, without the k-mer regression if it has one"
        rows = {
            "Sequences": f"{count(self.n_sequences)} of {count(self.length)} bp",
            "Tasks": listed(self.tasks, most=10),
            "Method": METHODS[self.spec.method],
            "Explained": f"score of {whole}: log odds, values, or logarithms of counts; strands are combined as in the "
            "model",
        }
        if self.error is not None:
            rows["References"] = self._references()
            share = f" ({self.error / self.difference:.1e} of the largest difference)" if self.difference else ""
            rows["Completeness error"] = (
                f"at most {number(self.error, 2)}{share}: sum of the contributions minus the difference of the scores "
                "of the sequence and of its references"
            )
        return rows

    def _references(self) -> str:
        if self.spec.is_shuffled:
            return f"{self.spec.n_references} dinucleotide shuffles of each sequence, seed {self.spec.seed}"
        kind = self.spec.references or "zeros"
        return _REFERENCES.get(kind, f"sequences of {kind}")


def write_page(
    folder: Path, shown: Mapping[str, Sequence[Explained]], facts: Facts, hits: Mapping[int, pd.DataFrame] | None
) -> None:
    """Write explain.html into a folder; links to the other files in it are relative.

    Parameters
    ----------
    folder : Path
    shown : mapping of str to sequence of Explained
        Sequences by task.
    facts : Facts
    hits : mapping of int to DataFrame, optional
        Hits of motifs in each of these sequences, by its index: `HIT_COLUMNS`.

    Raises
    ------
    FormatError
        If the file cannot be written.
    """
    sections = [
        {"task": task, "cards": [_card(one, hits) for one in sequences]}
        for task, sequences in shown.items()
        if sequences
    ]
    names = [*sorted(path.name for path in folder.iterdir()), PROVENANCE]
    contents = {name: next((text for start, text in _FILES.items() if name.startswith(start)), "") for name in names}
    context = {
        "sections": sections,
        "facts": facts.rows(),
        "has_tasks": len(facts.tasks) > 1,
        "has_sites": hits is not None,
        "title": "Which bases matter",
        "subtitle": f"{count(facts.n_sequences)} sequences of {count(facts.length)} bp, {facts.spec.method}",
        "files": [(name, f"./{quote(name)}", content) for name, content in contents.items() if name != PAGE],
    }
    with write_text(folder / PAGE) as handle:
        handle.write(render_page("explain.html", context))


def _card(one: Explained, hits: Mapping[int, pd.DataFrame] | None) -> dict[str, Any]:
    observed, codes = one.attributions.observed()[0], one.attributions.sequences.codes[0]
    part = shown_part(observed)
    below = None if hits is None else sites_below(hits[one.index], observed)
    label = f"contributions of the bases of {shortened(one.name)}"
    return {
        "name": one.name,
        "score": one.score,
        "sum": float(observed.sum()),
        "track": letter_track(observed, codes, below, label),
        "part": None if part.stop - part.start == len(observed) else (part.start, part.stop),
        "n_sites": None if below is None else len(below),
    }
