"""Options of `explain`. No numpy, since CLI help imports this."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from motifnet.arguments import convert_numbers
from motifnet.errors import FormatError, InputError, SpecError, listed, quoted

Method = Literal["ism", "deeplift", "gradient", "integrated-gradients"]
#: Formats of tracks on a genome: their option is also their suffix, but that of bigWig is ``bw``.
TrackFormat = Literal["bedgraph.gz", "bedgraph", "bigwig"]
_SHUFFLES = 20


@dataclass(frozen=True)
class ExplanationSpec:
    """Attribution method, references and figures.

    Parameters
    ----------
    method : str
        ism: effects of all substitutions, for any network. deeplift: differences from references, by the rescale rule.
        gradient: corrected gradient. integrated-gradients: gradients along the path from the reference. ism explains
        the whole model, the other methods explain the network without the k-mer regression.
    task : str, optional
        Task to explain. Default: all tasks.
    references : str, optional
        For deeplift and integrated-gradients. shuffle: dinucleotide shuffles of each sequence. zeros: unknown bases.
        composition: frequencies of the bases in each sequence. Or a FASTA file of references for all sequences.
        Default: shuffle for deeplift, zeros for integrated-gradients.
    n_references : int
        Number of shuffles per sequence.
    seed : int
        Seed of the shuffles.
    show : int
        Number of sequences per task in explain.html: those with the highest scores.
    names : tuple of str, optional
        Names of sequences to add to explain.html and to draw as SVG files; or a file with one name per line.
    png : bool
        Draw the sequences of --names also as PNG files.
    seqlets : bool
        Also write seqlets.tsv and seqlets.bed: regions whose bases contribute more than those of shuffled sequences,
        with the motif of --motifs that the contributions of each resemble most.
    tracks : str
        Format of genome tracks, which are written if the sequences have coordinates; bigwig needs the extra `bigwig`.

    Raises
    ------
    InputError
        If a value is out of its range, or options contradict each other.
    SpecError
        If the method or the format is unknown.
    """

    method: Method = "ism"
    task: str | None = None
    references: str | None = None
    n_references: int = _SHUFFLES
    seed: int = 0
    show: int = 20
    names: tuple[str, ...] = ()
    png: bool = False
    seqlets: bool = False
    tracks: TrackFormat = "bedgraph.gz"

    def __post_init__(self) -> None:
        convert_numbers(self)
        for name, value, known in (("method", self.method, Method), ("tracks", self.tracks, TrackFormat)):
            if value not in get_args(known):
                raise SpecError(f"--{name} must be one of {', '.join(get_args(known))}. Got {quoted(value)} instead")
        for name, number, least in (("n-references", self.n_references, 1), ("show", self.show, 0)):
            if number < least:
                raise InputError(f"--{name} must be at least {least}. Got {number} instead")
        if self.references is not None and self.method in ("ism", "gradient"):
            raise InputError(
                f"--references and --method {self.method} exclude each other",
                hint="Use --method deeplift or integrated-gradients.",
            )
        if self.n_references != _SHUFFLES and not self.is_shuffled:
            raise InputError("--n-references is the number of shuffles", hint="Add --method deeplift, or omit it.")
        if self.png and not self.names:
            raise InputError("--png draws named sequences", hint="Add --names.")

    @property
    def is_shuffled(self) -> bool:
        """Whether the references are shuffles."""
        return self.references == "shuffle" or (self.references is None and self.method == "deeplift")

    def drawn_names(self, known: Iterable[str]) -> set[str]:
        """Names of the sequences that are drawn as files.

        Raises
        ------
        InputError
            If a name is not among those known, or (`FormatError`) the file of names cannot be read.
        """
        wanted = set(self.names)
        if len(wanted) == 1 and Path(self.names[0]).is_file():
            try:
                wanted = set(Path(self.names[0]).read_text(encoding="utf-8").splitlines()) - {""}
            except (OSError, UnicodeDecodeError):
                raise FormatError(
                    self.names[0], "this is not a text file", hint="Give a file with one name per line."
                ) from None
        if wanted and (missing := wanted - {name for name in known if name in wanted}):
            raise InputError(
                f"there is no sequence named {listed(sorted(missing))}", hint="Use the names in the sequence file."
            )
        return wanted
