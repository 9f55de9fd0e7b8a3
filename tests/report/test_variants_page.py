"""The page of the largest effects of variants: complete, sortable, filterable, and safe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from chromium import HOSTILE, Browser, check_harmless, start_browser
from dna_strategies import random_dna
from motifnet.interpretation.variants.aligned_alleles import add_sites, align_alleles
from motifnet.interpretation.variants.effects import stream_effects
from motifnet.interpretation.variants.saturation import Saturation
from motifnet.interpretation.variants.strongest import StrongestEffects
from motifnet.interpretation.variants.variant_spec import VariantSpec
from motifnet.interpretation.variants.variant_table import stream_tables, variant_effects
from motifnet.models.trained import TrainedModel
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.report.variants_page import write_variants_page
from motifnet.sequences.alphabet import encode_letters, one_hot_codes
from motifnet.sequences.io.fasta import write_fasta
from motifnet.sequences.sequence_set import SequenceSet
from small_models import FIXED, model_of
from variant_files import every_kind, write_vcf

CHROMOSOME = random_dna(1, 400, seed=7)[0]
#: A motif with a site around position 115.
SITE = one_hot_codes(encode_letters(CHROMOSOME[110:120].encode())[0][np.newaxis])[0]
MOTIFS = MotifSet([Motif("m1", SITE * 99, nsites=99, alt_name="FACTOR")])


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    return model_of(FIXED)


@pytest.fixture(scope="module")
def strongest(model: TrainedModel, tmp_path_factory: pytest.TempPathFactory) -> StrongestEffects:
    """All scored alleles of a file, with p-values."""
    folder = tmp_path_factory.mktemp("variants")
    write_fasta(SequenceSet.from_strings([CHROMOSOME] * 2, ["chr1", "chr2"]), folder / "genome.fa")
    vcf = write_vcf(folder / "v.vcf", every_kind(CHROMOSOME)[0])
    found, options = StrongestEffects(50, {0: "positive"}), VariantSpec(null=1)
    blocks = found.watch(stream_effects(model, vcf, genome=folder / "genome.fa", options=options))
    for _ in found.collect(stream_tables(model, blocks, options)):
        pass
    return found


def write(model: TrainedModel, strongest: StrongestEffects, path: Path, *, has_map: bool = False) -> Path:
    aligned = add_sites(align_alleles(model, strongest.found, flank=20), MOTIFS)
    maps = []
    if has_map:
        genome = path.parent / "genome.fa"
        write_fasta(SequenceSet.from_strings([CHROMOSOME], ["chr1"]), genome)
        maps = [("positive", Saturation.of(variant_effects(model, genome=genome, saturate="chr1:101-230"), "positive"))]
    write_variants_page(path, model, strongest, aligned, method="ism", motifs={"m1": "FACTOR"}, maps=maps)
    return path


def hostile(strongest: StrongestEffects) -> StrongestEffects:
    """The same with hostile names."""
    names = cycle(HOSTILE.values())
    found = [
        one._replace(variant=one.variant._replace(chrom=next(names), id=next(names), ref=next(names), alt=next(names)))
        for one in strongest.found
    ]
    rows = {number: pd.concat([row, pd.Series({"motif": next(names)})]) for number, row in strongest.rows.items()}
    return replace(strongest, found=found, rows=rows)


def test_the_page_has_the_table_and_both_alleles(
    model: TrainedModel, strongest: StrongestEffects, tmp_path: Path
) -> None:
    text = write(model, strongest, tmp_path / "v.html", has_map=True).read_text()
    n = len(strongest.found)
    assert n > 30
    assert text.count('class="card"') == text.count('class="track logo"') == n
    assert text.count("reference ") == text.count("alternative ") == n + text.count("score of the alternative ")
    for one in strongest.found:
        assert f"{one.variant.chrom}:{one.variant.pos}" in text
    assert text.count('class="bar"') >= 1
    assert "FACTOR" in text
    assert len(re.findall('class="(?:up|down)"', text)) == 3 * 130 + 21
    assert not {"http://", "https://"} & set(text.split('"'))


def test_hostile_names_are_escaped(model: TrainedModel, strongest: StrongestEffects, tmp_path: Path) -> None:
    text = write(model, hostile(strongest), tmp_path / "v.html").read_text()
    assert "window.hacked=1" in text
    assert not re.search(r"<(script>window|img|svg/|iframe)", text)
    assert len(text) < 4_000_000


def test_a_page_without_alleles(model: TrainedModel, tmp_path: Path) -> None:
    write_variants_page(tmp_path / "v.html", model, StrongestEffects(5, {0: "positive"}), [], method="ism")
    assert 'class="note"' in (tmp_path / "v.html").read_text()


# --- in Chromium ---


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with start_browser(tmp_path_factory.mktemp("profile")) as started:
        started.driver.get("about:blank")  # the start page of Chromium makes requests
        yield started


def shown(browser: Browser) -> list[int]:
    """Ranks of the visible rows of the table, in order."""
    rows = browser.all("#overview tbody tr")
    return [int(row.find_element("tag name", "th").text) for row in rows if row.is_displayed()]


@pytest.mark.nightly
def test_the_table_sorts_and_filters(
    browser: Browser, model: TrainedModel, strongest: StrongestEffects, tmp_path: Path
) -> None:
    page = write(model, strongest, tmp_path / "v.html", has_map=True)
    browser.requests(), browser.console()
    browser.open(page)
    n = len(strongest.found)
    assert shown(browser) == list(range(1, n + 1))
    effects = [one.effect for one in strongest.found]
    header = next(header for header in browser.all("#overview thead th") if header.text.startswith("Effect"))
    header.find_element("tag name", "button").click()
    assert shown(browser) == [int(rank) + 1 for rank in np.argsort(effects, kind="stable")]
    search = browser.one("input[data-filter=overview]")
    search.send_keys("Insertion chr1")
    (rank,) = shown(browser)
    assert strongest.found[rank - 1].variant.id == "insertion"
    browser.one(f'#overview a[href="#v{rank}"]').click()
    assert browser.one(f"#v{rank} svg").is_displayed()
    assert browser.console() == []
    assert [url for url in browser.requests() if not url.startswith("chrome:")] == [page.as_uri()]


@pytest.mark.nightly
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_are_legible(
    browser: Browser, model: TrainedModel, strongest: StrongestEffects, tmp_path: Path, scheme: str, width: int
) -> None:
    browser.open(write(model, strongest, tmp_path / "v.html", has_map=True), width=width, scheme=scheme)
    browser.run("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    assert browser.overflow() == []
    texts = browser.texts()
    assert {(text, contrast) for kind, contrast, text, _ in texts if kind == "text" and contrast < 4.5} == set()
    assert min(contrast for kind, contrast, *_ in texts if kind == "letter") > 2


@pytest.mark.nightly
def test_hostile_names_are_text(
    browser: Browser, model: TrainedModel, strongest: StrongestEffects, tmp_path: Path
) -> None:
    page = write(model, hostile(strongest), tmp_path / "v.html")
    browser.requests(), browser.console()
    browser.open(page, width=390)
    browser.run("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    assert browser.overflow() == []
    check_harmless(browser)
    assert browser.console() == []
    assert [url for url in browser.requests() if not url.startswith("chrome:")] == [page.as_uri()]
