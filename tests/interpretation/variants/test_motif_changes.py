"""The motif that a variant changes: planted sites are lost, gained, moved; scores are those of `scan`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import motifnet as mn
from dna_strategies import random_dna
from motifnet.interpretation.variants.motif_changes import MOTIF_CHANGE_COLUMNS
from motifnet.interpretation.variants.variant_spec import VariantSpec
from motifnet.interpretation.variants.variant_table import variant_effects
from motifnet.models.trained import TrainedModel
from motifnet.motifs.io.files import write_motifs
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.sequences.alphabet import decode_codes, encode_letters, reverse_complement

WORDS = {"first": "GGATTACACC", "second": "TTGACGTCAGG"}
BACKGROUND = random_dna(1, 200, seed=11)[0]


@pytest.fixture
def motifs(tmp_path: Path) -> str:
    found = []
    for name, word in WORDS.items():
        counts = np.full((4, len(word)), 2.0)
        for column, base in enumerate(word):
            counts["ACGT".index(base), column] = 94
        found.append(Motif(name, counts, nsites=100))
    write_motifs(MotifSet(found), tmp_path / "motifs.meme")
    return str(tmp_path / "motifs.meme")


def complement(sequence: str) -> str:
    return decode_codes(reverse_complement(encode_letters(sequence.encode())[0]))


def planted(word: str, start: int = 100) -> str:
    return BACKGROUND[:start] + word + BACKGROUND[start + len(word) :]


def changes(model: TrainedModel, motifs: str, ref: str, alt: str) -> pd.Series:
    table = variant_effects(model, ref=[ref], alt=[alt], options=VariantSpec(motifs=motifs))
    assert list(table.columns[-6:]) == list(MOTIF_CHANGE_COLUMNS)
    return table.iloc[0, -6:]


@pytest.mark.parametrize("name", list(WORDS))
@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_planted_site_is_lost_and_gained(model: TrainedModel, motifs: str, name: str, strand: str) -> None:
    word = WORDS[name] if strand == "+" else complement(WORDS[name])
    broken = word[:3] + "ACGT"["ACGT".index(word[3]) - 2] + word[4:5] + "ACGT"["ACGT".index(word[5]) - 2] + word[6:]
    for ref, alt, kind in ((word, broken, "lost"), (broken, word, "gained")):
        row = changes(model, motifs, planted(ref), planted(alt))
        assert (row["motif"], row["motif_change"], row["motif_strand"]) == (name, kind, strand)
        assert row["motif_start"] == 100
        best = mn.scan(motifs, [planted(word)], with_best=True).best
        assert best is not None
        assert max(row["motif_ref_score"], row["motif_alt_score"]) == pytest.approx(best[0, list(WORDS).index(name)])


def test_one_base_makes_a_site_weaker_or_stronger(model: TrainedModel, motifs: str) -> None:
    word = WORDS["second"]
    weaker = word[:-1] + "A"
    assert changes(model, motifs, planted(word), planted(weaker))["motif_change"] == "weaker"
    assert changes(model, motifs, planted(weaker), planted(word))["motif_change"] == "stronger"


def test_an_inserted_and_a_deleted_site(model: TrainedModel, motifs: str) -> None:
    word = WORDS["first"]
    with_site = BACKGROUND[:100] + word + BACKGROUND[100:]
    inserted, deleted = changes(model, motifs, BACKGROUND, with_site), changes(model, motifs, with_site, BACKGROUND)
    assert (inserted["motif_change"], deleted["motif_change"]) == ("gained", "lost")
    assert deleted["motif_start"] == 100
    assert abs(inserted["motif_start"] - 100) <= 1


def test_a_deletion_joins_a_site(model: TrainedModel, motifs: str) -> None:
    word = WORDS["second"]
    split = BACKGROUND[:100] + word[:5] + "AAAA" + word[5:] + BACKGROUND[100:]
    row = changes(model, motifs, split, BACKGROUND[:100] + word + BACKGROUND[100:])
    assert (row["motif"], row["motif_change"], row["motif_start"]) == ("second", "gained", 100)


def test_sites_beside_the_variant_do_not_count(model: TrainedModel, motifs: str) -> None:
    ref = planted(WORDS["first"], 101)
    row = changes(model, motifs, ref[:100] + "A" + ref[101:], ref[:100] + "C" + ref[101:])
    assert row["motif"] == ""
    assert row["motif_ref_score"] != row["motif_ref_score"]
