"""Patterns written as TF-MoDISco does: read back unchanged, and accepted by ``modisco report``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

import motifnet as mn
from dna_strategies import random_dna
from motifnet.motifs.learned.extraction import MotifInstances
from motifnet.sequences.alphabet import one_hot_codes

WORD, OTHER = "TTGACGCA", "CCATGGTC"
LENGTH, N = 60, 120


@pytest.fixture(scope="module")
def attributions() -> mn.Attributions:
    """A k-mer raises the score in half of the sequences, on either strand, another one lowers it in the others."""
    rng = np.random.default_rng(0)
    strings, height = random_dna(N, LENGTH, seed=1), np.zeros((N, LENGTH), dtype=np.float32)
    for i, start in enumerate(rng.integers(5, LENGTH - 13, N)):
        word = (WORD, OTHER)[i % 2]
        if i % 4 > 1:
            word = word[::-1].translate(str.maketrans("ACGT", "TGCA"))
        strings[i] = strings[i][:start] + word + strings[i][start + 8 :]
        height[i, start : start + 8] = (1, -1)[i % 2]
    sequences = mn.SequenceSet.from_strings(strings)
    noise = rng.normal(0, 0.02, (N, 4, LENGTH))
    values = (one_hot_codes(sequences.codes) - 0.25) * height[:, np.newaxis] + noise
    return mn.Attributions(sequences, values.astype(np.float32), ("bound",), np.zeros((N, 1)), "ism", "network")


@pytest.fixture(scope="module")
def patterns(attributions: mn.Attributions) -> list[MotifInstances]:
    controls = replace(attributions, values=np.random.default_rng(1).normal(0, 0.02, (N, 4, LENGTH)).astype(np.float32))
    found = mn.find_patterns(attributions, mn.find_seqlets(attributions, controls=controls))
    assert len(found) == 2
    return found


@pytest.fixture(scope="module")
def written(
    patterns: list[MotifInstances], attributions: mn.Attributions, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp("modisco") / "modisco.h5"
    mn.write_modisco(patterns, attributions, path)
    return path


def test_what_is_written_is_read_back(written: Path, patterns: list[MotifInstances]) -> None:
    found = mn.read_modisco(written, trim=0).patterns
    assert [each.source for each in found] == ["pos_patterns.pattern_0", "neg_patterns.pattern_0"]
    for ours, theirs in zip(patterns, found, strict=True):
        assert ours.motif is not None
        assert theirs.motif is not None
        np.testing.assert_allclose(theirs.motif.counts, ours.motif.counts, atol=1e-4)
        for name in ("sequence", "start", "is_reverse"):
            np.testing.assert_array_equal(getattr(theirs.sites, name), getattr(ours.sites, name))
        np.testing.assert_allclose(theirs.contributions, ours.contributions, atol=1e-6)
        np.testing.assert_allclose(theirs.hypothetical, ours.hypothetical, atol=1e-6)
    consensus = {motif.consensus for motif in mn.read_motifs(written)}
    swapped = {word[::-1].translate(str.maketrans("ACGT", "TGCA")) for word in (WORD, OTHER)}
    assert all(core in {WORD, OTHER, *swapped} for core in consensus)


def test_the_arrays_of_each_seqlet_are_those_of_its_sequence(written: Path, attributions: mn.Attributions) -> None:
    """Independent computation: on ``-``, reverse-complemented slices."""
    one_hot = one_hot_codes(attributions.sequences.codes)
    with h5py.File(written) as file:
        assert file.attrs["window_size"] == LENGTH
        for group in ("pos_patterns", "neg_patterns"):
            pattern = file[group]["pattern_0"]
            seqlets = {name: array[:] for name, array in pattern["seqlets"].items()}
            assert seqlets["n_seqlets"].tolist() == [len(seqlets["start"])]
            for k in range(len(seqlets["start"])):
                row, part = seqlets["example_idx"][k], slice(seqlets["start"][k], seqlets["end"][k])
                step = -1 if seqlets["is_revcomp"][k] else 1
                bases, values = (x[row, :, part][::step, ::step].T for x in (one_hot, attributions.values))
                np.testing.assert_array_equal(seqlets["sequence"][k], bases)
                np.testing.assert_allclose(seqlets["hypothetical_contribs"][k], values, atol=1e-6)
                np.testing.assert_allclose(seqlets["contrib_scores"][k], values * bases, atol=1e-6)
            for name in ("sequence", "contrib_scores", "hypothetical_contribs"):
                np.testing.assert_allclose(pattern[name], seqlets[name].mean(axis=0), atol=1e-6)


def _modisco() -> str:
    """The program ``modisco`` of the environment; with CI set it may not be missing."""
    program = shutil.which("modisco", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if program is None:
        missing = "modisco is not installed (pip install 'motifnet[modisco]')"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return program


@pytest.mark.slow
def test_modisco_report_and_meme_accept_the_file(written: Path, tmp_path: Path) -> None:
    program = _modisco()
    folder = tmp_path / "report"
    options = ["-i", written, "-o", folder, "--n_examples", "1"]
    subprocess.run([program, "report", *options], check=True, capture_output=True)
    page = (folder / "report.html").read_text()
    assert "pos_patterns.pattern_0" in page
    assert "neg_patterns.pattern_0" in page
    meme = tmp_path / "motifs.meme"
    subprocess.run([program, "meme", "-i", written, "-o", meme, "-t", "PFM"], check=True, capture_output=True)
    theirs, ours = mn.read_motifs(meme), mn.read_modisco(written, trim=0).motifs
    assert theirs.names == ours.names
    for a, b in zip(theirs, ours, strict=True):
        np.testing.assert_allclose(a.ppm, b.ppm, atol=1e-4)


def test_wrong_arguments(patterns: list[MotifInstances], attributions: mn.Attributions, tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    wrong = (
        ([], attributions, path),
        ([replace(patterns[0], contributions=None)], attributions, path),
        ([replace(patterns[0], task="a"), replace(patterns[1], task="b")], attributions, path),
        (patterns, attributions.take(slice(2)), path),
        (patterns, attributions, tmp_path / "a.meme"),
    )
    for arguments in wrong:
        with pytest.raises(mn.errors.InputError):
            mn.write_modisco(*arguments)
    with pytest.raises(mn.errors.MotifnetError):
        mn.write_modisco(patterns, attributions, tmp_path / "missing" / "a.h5")
    assert not list(tmp_path.iterdir())
