"""The HTML that notebooks show of values: small, and names are only text."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from motifnet.interpretation.tables.motif_tables import COLUMNS, MotifTables
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.sequences.dataset import Dataset
from motifnet.sequences.sequence_set import LengthRule, SequenceSet

HOSTILE = "<script>alert(1)</script>'><img src=x onerror=alert(2)>&amp;"
LONG = "x" * 100_000
CODES = np.random.default_rng(0).integers(0, 5, (30, 80)).astype(np.uint8)
SEQUENCES = SequenceSet([HOSTILE, LONG, *(f"s{i}" for i in range(28))], CODES)
LABELS = np.array([[i % 2, np.nan if i < 5 else 1] for i in range(30)])


class Reader(HTMLParser):
    """Tags, attributes and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def motif(name: str, width: int = 8) -> Motif:
    counts = np.random.default_rng(len(name)).integers(0, 50, (4, width)) + 1
    return Motif(name, counts, nsites=50, alt_name=name, e_value=1e-9)


def motif_tables(names: list[str]) -> str:
    motifs = MotifSet([motif(name) for name in names])
    values = ("bits", "sites_positive", "n_positive", "sites_negative", "n_negative", "e_value", "importance")
    table = pd.DataFrame({column: [1.0] * len(names) for column in values}).assign(
        task=HOSTILE, status="significant", match_name=HOSTILE, match_kind="partial"
    )
    tables = {name: pd.DataFrame(columns=list(columns)) for name, columns in COLUMNS.items()} | {"table": table}
    return MotifTables(motifs, known=MotifSet([]), **tables)._repr_html_()


PAGES = {
    "motif": lambda: motif(HOSTILE)._repr_html_(),
    "long motif": lambda: motif(LONG, 40)._repr_html_(),
    "motifs": lambda: MotifSet([motif(HOSTILE), motif(LONG), *(motif(f"m{i}") for i in range(300))])._repr_html_(),
    "sequences": SEQUENCES._repr_html_,
    "dataset": lambda: Dataset(SEQUENCES, LABELS, (HOSTILE, LONG), np.arange(30))._repr_html_(),
    "values": lambda: Dataset(SEQUENCES, LABELS * 2.5, (HOSTILE, LONG), np.arange(30))._repr_html_(),
    "motif tables": lambda: motif_tables([HOSTILE, LONG, *(f"m{i}" for i in range(300))]),
}


@pytest.mark.parametrize("name", PAGES)
def test_hostile_names_are_text_and_the_page_is_small(name):
    page = PAGES[name]()
    read = Reader(page)
    assert set(read.tags) <= {"div", "p", "strong", "br", "table", "tr", "th", "td", "img"}
    assert {attribute for attribute, _ in read.attributes} <= {"alt", "height", "src"}
    assert all(value.startswith("data:image/svg+xml;base64,") for key, value in read.attributes if key == "src")
    assert len(page) < 100_000
    if name != "long motif":
        assert any("<script>" in text for text in read.text)


def test_a_motif_shows_its_width_sites_and_e_value():
    text = "".join(Reader(motif("ebox")._repr_html_()).text)
    assert "width: 8 bp" in text
    assert "sites: 50" in text
    assert "E-value: 1e-09" in text
    assert "sites" not in "".join(Reader(Motif("m", np.ones((4, 3)))._repr_html_()).text)


def test_the_first_of_many_motifs_are_shown():
    read = Reader(PAGES["motifs"]())
    assert read.tags.count("img") == 10
    assert "and 292 more" in read.text
    assert Reader(MotifSet([])._repr_html_()).tags.count("img") == 0


def test_sequences_show_their_composition():
    half = SequenceSet.from_strings(["ACGTNNNN", "GGGGGGGG"])
    text = Reader(half._repr_html_()).text
    assert "sequences: 2 · length: 8 bp · GC: 83.3% · N: 25.0%" in text
    assert "ACGTNNNN" in text
    padded = replace(half, rule=LengthRule(8), lengths=np.array([4, 8]))
    assert any(line.endswith("cropped or padded: 1") for line in Reader(padded._repr_html_()).text)
    assert "sequences: 0 · length: 8 bp" in Reader(half.take([])._repr_html_()).text


def test_a_dataset_shows_its_labels():
    assert "15" in Reader(PAGES["dataset"]()).text
    assert {"mean", "2.5", "1.25", "5"} < set(Reader(PAGES["values"]()).text)
    nothing = Dataset(SEQUENCES, np.full((30, 1), np.nan), ("a",), np.arange(30))
    assert "30" in Reader(nothing._repr_html_()).text


@pytest.mark.slow
def test_sequences_and_motifs_need_neither_tensorflow_nor_pyplot():
    code = (
        "import sys, motifnet as mn\n"
        "mn.Motif('m', [[1], [2], [3], [4]])._repr_html_(), mn.SequenceSet.from_strings(['ACGT'])._repr_html_()\n"
        "mn.plot_logo(mn.Motif('m', [[1], [2], [3], [4]]))\n"
        "print('tensorflow' in sys.modules, 'matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.slow
@pytest.mark.parametrize("outputs", ["classes", "values"])
def test_a_discovery_shows_its_metrics_and_motifs(outputs):
    from hand_made import PARTS, hand_made, tabulate
    from motifnet.discovery import Discovery
    from motifnet.models.metrics import metrics_table
    from small_models import SPEC, model_of

    test, trained = PARTS["test"], model_of(SPEC)
    figures = metrics_table(test, np.full((len(test), 1), 0.5) + test.labels / 4, outputs)
    found = Discovery(trained, figures, pd.DataFrame(), tabulate(hand_made()), pd.DataFrame())
    text = Reader(found._repr_html_()).text
    assert {"auroc", "1.000"} <= set(text) if outputs == "classes" else "pearson" in text
    assert any("significant on held-out sequences" in line for line in text)
    assert len(repr(found)) < 300
