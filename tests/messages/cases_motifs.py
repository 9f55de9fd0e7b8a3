"""Messages of motifnet.motifs."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd

import motifnet as mn
from damaged_motifs import DAMAGED, JASPAR
from damaged_motifs import HEADER as MEME_HEADER
from modisco_files import pattern_arrays, write_report
from motifnet.motifs.extraction_spec import SiteRule
from motifnet.motifs.io.files import parse_motifs
from motifnet.motifs.plots import write_logos
from motifnet.motifs.scanning.score_thresholds import read_thresholds

EBOX = mn.Motif("ebox", [[1, 90], [95, 3], [3, 5], [1, 2]])  # type: ignore[arg-type]
MOTIFS = mn.MotifSet([EBOX])
SEQUENCES = ["ACGTACGTAC", "TTTTTTTTTT"]
DATA = mn.Dataset.from_labels(mn.SequenceSet.from_strings(SEQUENCES), [1, 0], ("bound",))
ONE_GROUP = mn.Dataset(DATA.sequences, DATA.labels, DATA.tasks, np.zeros(2, dtype=np.int64))
SITES = pd.DataFrame([["ebox", 0, 3, 9, "+"]], columns=["motif", "sequence_index", "start", "end", "strand"])
POSITIONS = pd.DataFrame(
    [["a", 0, 1, 2, 3]], columns=["motif", "bin_start", "bin_end", "sites_positive", "sites_negative"]
)


def motif(**values: Any) -> Callable[[], object]:
    return lambda: replace(EBOX, **values)


def with_file(name: str, content: bytes, action: Callable[[], object]) -> Callable[[], object]:
    def case() -> None:
        Path(name).write_bytes(content)
        action()

    return case


def damaged(format: str, text: str) -> Callable[[], object]:
    return lambda: parse_motifs(text, path="motifs.txt", format=format)


def modisco(*keys: str, change: Callable[[h5py.File], object] = lambda file: None) -> Callable[[], object]:
    """Read a report of one pattern without some of its arrays, and with other changes."""

    def case() -> None:
        arrays = {name: array for name, array in pattern_arrays().items() if name not in keys}
        path = write_report(Path("modisco.h5"), {"pos_patterns/pattern_0": arrays} if keys != ("*",) else {})
        with h5py.File(path, "r+") as file:
            change(file)
        mn.read_motifs(path)

    return case


def _replace(name: str, values: Any) -> Callable[[h5py.File], object]:
    def change(file: h5py.File) -> None:
        del file[f"pos_patterns/pattern_0/{name}"]
        file[f"pos_patterns/pattern_0/{name}"] = values

    return change


CASES: dict[str, Callable[[], object]] = {
    # values
    "motif without a name": motif(name=" "),
    "counts transposed": motif(counts=np.ones((7, 4))),
    "counts of another shape": motif(counts=np.ones((4, 0))),
    "counts that are not numbers": motif(counts=[[1], [2, 3]]),
    "negative count": motif(counts=[[1], [1], [-2], [1]]),
    "column without counts": motif(counts=[[1, 0], [1, 0], [1, 0], [1, 0]]),
    "background with a zero": motif(background=[0.5, 0.5, 0, 0]),
    "nsites": motif(nsites=2.5),
    "e_value": motif(e_value=-1.0),
    "threshold": motif(threshold=float("nan")),
    "pseudocount": lambda: EBOX.pwm(-1),
    "two motifs with one name": lambda: mn.MotifSet([EBOX, EBOX]),
    "strands": lambda: mn.MotifSet([], strands="reverse"),  # type: ignore[arg-type]
    "different backgrounds": lambda: mn.MotifSet(
        [EBOX, mn.Motif("x", np.ones((4, 2)), background=np.array([0.4, 0.1, 0.1, 0.4]))]
    ),
    "unknown motif with a similar name": lambda: MOTIFS["e-box"],
    "unknown motif": lambda: MOTIFS["CTCF"],
    # specs
    "site rule": lambda: SiteRule("bets"),  # type: ignore[arg-type]
    "site value": lambda: SiteRule("best", 2),
    "trim_bits": lambda: mn.ExtractionSpec(trim_bits=-1),
    "min_sites": lambda: mn.ExtractionSpec(min_sites=0),
    "layer": lambda: mn.ExtractionSpec(layer=-1),
    "layer without filters": lambda: mn.ExtractionSpec(layer=1, source="attributions"),
    "source of motifs": lambda: mn.ExtractionSpec(source="attribution"),  # type: ignore[arg-type]
    "readout e_value": lambda: mn.ReadoutSpec(e_value=0),
    # files
    **{f"damaged {name}": damaged(format, text) for name, (format, text, _) in DAMAGED.items()},
    "two formats in one file": lambda: parse_motifs(JASPAR + MEME_HEADER, path="motifs.txt"),
    "text after the motifs": lambda: parse_motifs(JASPAR + "what is this\n", path="motifs.txt"),
    "orientation that the shape excludes": lambda: parse_motifs(">m\n1 2\n3 4\n5 6\n7 8\n", orientation="positions"),
    "unknown orientation": lambda: parse_motifs(JASPAR, orientation="rows"),  # type: ignore[arg-type]
    "row after a blank line": lambda: parse_motifs(">m\n1 2 3 4\n\n5 6 7 8\n", path="motifs.txt"),
    "one invalid motif of two": lambda: parse_motifs(JASPAR + ">empty\n", path="motifs.txt"),
    "table of CIS-BP without rows": lambda: parse_motifs("Pos\tA\tC\tG\tT\n", path="motifs.txt"),
    "UniPROBE matrix without a row": lambda: parse_motifs("x\nA:\t1\nC:\t1\nG:\t1\nT:\t1\ny\n", path="motifs.txt"),
    "matrices of five rows": lambda: parse_motifs("1 2 3\n" * 5, path="motifs.txt"),
    "threshold of HOMER": lambda: parse_motifs(">C\tm\t9999999\n0 1 0 0\n", path="motifs.txt"),
    "text in a MEME file": lambda: parse_motifs(MEME_HEADER + "MOTIF m\nsome text\n", path="motifs.txt"),
    "unknown format": lambda: mn.read_motifs("m.txt", format="jaspr"),
    "not a motif file": with_file("peaks.fa", b">a\nACGT\n", lambda: mn.read_motifs("peaks.fa")),
    "truncated gzip": with_file("m.meme", gzip.compress(b"MEME version 4\n")[:-9], lambda: mn.read_motifs("m.meme")),
    "database instead of a file": lambda: mn.read_motifs("plants"),
    "unknown suffix": lambda: mn.write_motifs(MOTIFS, "m.txt"),
    "name that is not an identifier": lambda: mn.write_motifs(mn.MotifSet([replace(EBOX, name="a b=c")]), "m.meme"),
    "HDF5 file of another program": modisco("*", change=lambda file: file.create_group("peaks")),
    "HDF5 file without anything": modisco("*"),
    "weights instead of a report of TF-MoDISco": modisco("*", change=lambda file: file.create_group("layers")),
    "old report of TF-MoDISco": modisco(
        "*", change=lambda file: file.create_group("metacluster_idx_to_submetacluster_results")
    ),
    "report of TF-MoDISco without patterns": modisco("*", change=lambda file: file.create_group("pos_patterns")),
    "pattern without contributions": modisco("contrib_scores"),
    "pattern transposed": modisco(change=_replace("sequence", np.ones((4, 6)))),
    "pattern that is not finite": modisco(change=_replace("sequence", np.full((6, 4), np.nan))),
    "pattern of arrays of two widths": modisco(change=_replace("contrib_scores", np.ones((7, 4)))),
    "pattern with an empty column": modisco(change=_replace("sequence", np.zeros((6, 4)))),
    "pattern without a number of seqlets": modisco("seqlets/n_seqlets"),
    "pattern with other seqlets": modisco(change=_replace("seqlets/start", np.zeros(2, dtype=int))),
    "pattern with seqlets of another width": modisco(change=_replace("seqlets/start", np.zeros(4, dtype=int))),
    "report of TF-MoDISco as another format": with_file(
        "modisco.h5", b"\x89HDF\r\n\x1a\n", lambda: mn.read_motifs("modisco.h5", format="meme")
    ),
    "damaged report of TF-MoDISco": with_file("modisco.h5", b"\x89HDF\r\n\x1a\n", lambda: mn.read_motifs("modisco.h5")),
    "compressed report of TF-MoDISco": modisco(
        "*", change=lambda file: file.create_dataset("pos_patterns/x", data=np.ones(9), compression="gzip")
    ),
    "motif file as a report of TF-MoDISco": with_file("m.meme", b"MEME version 4\n", lambda: mn.read_modisco("m.meme")),
    "trim of a report of TF-MoDISco": lambda: mn.read_modisco("modisco.h5", trim=2),
    # known motifs
    "neither database nor file": lambda: mn.read_database("mammals"),
    "wrong type of motifs": lambda: mn.scan(EBOX, SEQUENCES),  # type: ignore[arg-type]
    "no known motif": lambda: mn.compare(MOTIFS, mn.MotifSet([])),
    "top": lambda: mn.compare(MOTIFS, MOTIFS, top=0),
    "compare e_value": lambda: mn.compare(MOTIFS, MOTIFS, e_value=-1),
    "motif too wide to compare": lambda: mn.compare(mn.MotifSet([mn.Motif("wide", np.ones((4, 201)))]), MOTIFS),
    "enrich e_value": lambda: mn.enrich(MOTIFS, DATA, e_value=0),
    "too few sequences for halves": lambda: mn.enrich(MOTIFS, ONE_GROUP),
    # scanning
    "p_value": lambda: mn.scan(MOTIFS, SEQUENCES, p_value=2),
    "threads": lambda: mn.scan(MOTIFS, SEQUENCES, threads=0),
    "p-values without a pseudocount": lambda: mn.scan(MOTIFS, SEQUENCES, pseudocount=0),
    "thresholds and pseudocount": lambda: mn.scan(MOTIFS, SEQUENCES, thresholds={"ebox": 3}, pseudocount=0.1),
    "motifs without thresholds": lambda: mn.scan(MOTIFS, SEQUENCES, thresholds="motifs"),
    "motif without a threshold": lambda: mn.scan(MOTIFS, SEQUENCES, thresholds={"m01_AC": 3}),
    "matrix of a motif called name": lambda: mn.scan(mn.MotifSet([replace(EBOX, name="name")]), SEQUENCES).to_matrix(),
    "best scores not computed": lambda: mn.scan(MOTIFS, SEQUENCES).to_matrix("best"),
    "table without thresholds": with_file("hits.tsv", b"motif\tscore\n", lambda: read_thresholds("hits.tsv")),
    "threshold that is not a number": with_file(
        "motifs.tsv", b"motif\tthreshold\nm01_AC\thigh\n", lambda: read_thresholds("motifs.tsv")
    ),
    # plots
    "logo heights": lambda: mn.plot_logo(EBOX, heights="odds"),  # type: ignore[arg-type]
    "logo columns": lambda: mn.draw_logos(MOTIFS, columns=0),
    "no logo": lambda: mn.draw_logos(mn.MotifSet([])),
    "folder of logos": lambda: write_logos(MOTIFS, "no/logos"),
    "track transposed": lambda: mn.plot_track(np.zeros((7, 4))),
    "track of minus infinity": lambda: mn.plot_track(mn.Motif("m", np.eye(4)).pwm(0)),
    "no site": lambda: mn.plot_sites(SITES, motifs=["c"]),
    "sites without columns": lambda: mn.plot_sites(SITES[["motif", "start"]]),
    "no positions": lambda: mn.plot_positions(POSITIONS, motif="c"),
}
