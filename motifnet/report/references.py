"""What to cite: the methods that made the results, each with a BibTeX entry to copy."""

from __future__ import annotations

from typing import NamedTuple

from motifnet.report.results_folder import Results


class Work(NamedTuple):
    """Something to cite: what it did here, and its entry. Without a journal it is software."""

    why: str
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
        """As a list of references has it."""
        authors = [_with_initials(author) for author in self.author.split(" and ")]
        names = f"{authors[0]} et al." if len(authors) > 2 or authors[-1] == "others" else " and ".join(authors)
        where = f"{self.journal} {self.volume}:{self.pages}" if self.journal else f"Version {self.version}"
        return f"{names} ({self.year}). {self.title}. {where.replace('--', '–')}."

    @property
    def bibtex(self) -> str:
        """The entry."""
        kind = "article" if self.journal else "software"
        shown = (field for field in self._fields if field not in ("why", "key"))
        lines = "".join(f"  {field} = {{{getattr(self, field)}}},\n" for field in shown if getattr(self, field))
        return f"@{kind}{{{self.key},\n{lines}}}"


def _with_initials(author: str) -> str:
    family, _, given = author.partition(", ")
    return " ".join([family, *(f"{name[0]}." for name in given.split())])


_KOO = Work(
    "why the first layer of the default network holds whole motifs (exponential activation)",
    "koo2021exponential", "Koo, Peter K. and Ploenzke, Matt",
    "Improving representations of genomic sequence motifs in convolutional networks with exponential activations",
    "2021", "Nature Machine Intelligence", "3", "258--266", "10.1038/s42256-020-00291-x",
)  # fmt: skip
_STREME = Work(
    "how families of filters are refined on the training sequences",
    "bailey2021streme", "Bailey, Timothy L.", "STREME: accurate and versatile sequence motif discovery",
    "2021", "Bioinformatics", "37", "2834--2840", "10.1093/bioinformatics/btab203",
)  # fmt: skip
_TOMTOM = Work(
    "how motifs are compared with known ones",
    "gupta2007tomtom",
    "Gupta, Shobhit and Stamatoyannopoulos, John A. and Bailey, Timothy L. and Noble, William Stafford",
    "Quantifying similarity between motifs", "2007", "Genome Biology", "8", "R24", "10.1186/gb-2007-8-2-r24",
)  # fmt: skip
_JASPAR = Work(
    "the known motifs, of release 2026",
    "rauluseviciute2024jaspar", "Rauluseviciute, Ieva and others",
    "JASPAR 2024: 20th anniversary of the open-access database of transcription factor binding profiles",
    "2024", "Nucleic Acids Research", "52", "D174--D182", "10.1093/nar/gkad1059",
)  # fmt: skip
_LOGOS = Work(
    "sequence logos",
    "schneider1990logos", "Schneider, Thomas D. and Stephens, R. Michael",
    "Sequence logos: a new way to display consensus sequences", "1990", "Nucleic Acids Research", "18", "6097--6100",
    "10.1093/nar/18.20.6097",
)  # fmt: skip


def references(results: Results) -> tuple[Work, ...]:
    """What made these results, the tool first; methods that had no part in them are left out."""
    versions = results.provenance.get("versions")
    versions = versions if isinstance(versions, dict) else {}
    year = str(results.provenance.get("time") or "")[:4]
    found = [_software("motifnet", "The motifnet maintainers", versions, year, "the whole analysis")]
    blocks = results.header.spec.blocks if results.header else ()
    if blocks and blocks[0].activation == "exponential":
        found.append(_KOO)
    found.append(_STREME)
    if any(row["match"] for row in results.tables["matches"]):
        found += [_TOMTOM, _JASPAR]
    found.append(_LOGOS)
    if "tensorflow" in versions:
        found.append(_software("tensorflow", "TensorFlow Developers", versions, year, "training the network"))
        found.append(_software("keras", "Chollet, François and others", versions, year, "building the network"))
    return tuple(found)


def _software(name: str, author: str, versions: dict[str, str], year: str, why: str) -> Work:
    names = {"motifnet": "motifnet: from DNA sequences to a trained convolutional network and motifs",
             "tensorflow": "TensorFlow", "keras": "Keras"}  # fmt: skip
    return Work(why, name, author, names[name], year or "n.d.", version=str(versions.get(name) or "unknown"))
