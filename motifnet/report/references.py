"""Works to cite for the methods behind a folder of results, with BibTeX entries."""

from __future__ import annotations

from typing import NamedTuple

from motifnet.models.network.block import Block
from motifnet.report.results_folder import Results


class Work(NamedTuple):
    """A work to cite and the purpose it served here; without a journal it is software."""

    purpose: str
    key: str
    author: str
    title: str
    year: str
    journal: str = ""
    volume: str = ""
    pages: str = ""
    doi: str = ""
    version: str = ""

    @property
    def text(self) -> str:
        """Entry of a list of references."""
        authors = [_with_initials(author) for author in self.author.split(" and ")]
        names = f"{authors[0]} et al." if len(authors) > 2 or authors[-1] == "others" else " and ".join(authors)
        source = f"{self.journal} {self.volume}:{self.pages}" if self.journal else f"Version {self.version}"
        return f"{names} ({self.year}). {self.title}. {source.replace('--', '–')}."

    @property
    def bibtex(self) -> str:
        """BibTeX entry."""
        kind = "article" if self.journal else "software"
        shown = (field for field in self._fields if field not in ("purpose", "key"))
        lines = "".join(f"  {field} = {{{getattr(self, field)}}},\n" for field in shown if getattr(self, field))
        return f"@{kind}{{{self.key},\n{lines}}}"


def _with_initials(author: str) -> str:
    family, _, given = author.partition(", ")
    return " ".join([family, *(f"{name[0]}." for name in given.split())])


_WORKS = {
    "exponential": Work(
        "the exponential activation, with which first-layer filters learn whole motifs",
        "koo2021exponential", "Koo, Peter K. and Ploenzke, Matt",
        "Improving representations of genomic sequence motifs in convolutional networks with exponential activations",
        "2021", "Nature Machine Intelligence", "3", "258--266", "10.1038/s42256-020-00291-x",
    ),
    "streme": Work(
        "refinement of motifs on the training sequences",
        "bailey2021streme", "Bailey, Timothy L.", "STREME: accurate and versatile sequence motif discovery",
        "2021", "Bioinformatics", "37", "2834--2840", "10.1093/bioinformatics/btab203",
    ),
    "tomtom": Work(
        "comparison with known motifs",
        "gupta2007tomtom",
        "Gupta, Shobhit and Stamatoyannopoulos, John A. and Bailey, Timothy L. and Noble, William Stafford",
        "Quantifying similarity between motifs", "2007", "Genome Biology", "8", "R24", "10.1186/gb-2007-8-2-r24",
    ),
    "jaspar": Work(
        "known motifs (release 2026)",
        "rauluseviciute2024jaspar", "Rauluseviciute, Ieva and others",
        "JASPAR 2024: 20th anniversary of the open-access database of transcription factor binding profiles",
        "2024", "Nucleic Acids Research", "52", "D174--D182", "10.1093/nar/gkad1059",
    ),
    "logos": Work(
        "sequence logos",
        "schneider1990logos", "Schneider, Thomas D. and Stephens, R. Michael",
        "Sequence logos: a new way to display consensus sequences", "1990", "Nucleic Acids Research", "18",
        "6097--6100", "10.1093/nar/18.20.6097",
    ),
}  # fmt: skip
#: Software by its name in provenance.json: purpose, author and title.
_SOFTWARE = {
    "motifnet": ("the whole analysis", "The motifnet maintainers",
                 "motifnet: convolutional networks for labelled DNA and their motifs"),
    "tensorflow": ("training", "TensorFlow Developers", "TensorFlow"),
    "keras": ("the network", "Chollet, François and others", "Keras"),
}  # fmt: skip


def references(results: Results) -> tuple[Work, ...]:
    """Works behind these results, motifnet first; methods that were not used are left out."""
    versions = results.provenance.get("versions")
    versions = versions if isinstance(versions, dict) else {}
    year = str(results.provenance.get("time") or "")[:4] or "n.d."
    motifnet, *others = (
        Work(purpose, name, author, title, year, version=str(versions.get(name) or "unknown"))
        for name, (purpose, author, title) in _SOFTWARE.items()
    )
    blocks: tuple[Block, ...] = getattr(results.header.spec, "blocks", ()) if results.header else ()
    is_exponential = bool(blocks) and blocks[0].activation == "exponential"
    has_matches = any(row["match"] for row in results.tables["matches"])
    skipped = [] if is_exponential else ["exponential"]
    skipped += [] if has_matches else ["tomtom", "jaspar"]
    methods = (work for name, work in _WORKS.items() if name not in skipped)
    return (motifnet, *methods, *(others if "tensorflow" in versions else ()))
