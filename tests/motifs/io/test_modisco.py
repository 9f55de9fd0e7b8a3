"""Reports of TF-MoDISco: motifs and sites are those of the arrays; other HDF5 files are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import motifnet as mn
from modisco_files import SITES, WIDTH, pattern_arrays, write_report


@pytest.fixture
def report(tmp_path: Path) -> Path:
    return write_report(tmp_path / "modisco.h5")


NAMES = [
    *("pos_patterns.pattern_0", "pos_patterns.pattern_2", "pos_patterns.pattern_10", "neg_patterns.pattern_0"),
]


def test_motifs_are_the_patterns_in_order_without_subpatterns(report: Path) -> None:
    motifs = mn.read_motifs(report)
    assert list(motifs.names) == NAMES
    # Trimmed where the contributions are below 30 % of the largest.
    assert [motif.consensus for motif in motifs] == ["CGTA", "ATCA", "GGTT", "TTCC"]
    assert [motif.nsites for motif in motifs] == [4, 4, 4, 2]
    np.testing.assert_array_equal(motifs[0].counts, 4 * np.eye(4)[[1, 2, 3, 0]].T)


def test_all_columns_without_trimming(report: Path) -> None:
    found = mn.read_modisco(report, trim=0)
    assert found.motifs[0].consensus == "ACGTAA"
    assert found.motifs[0].consensus in found._repr_html_()
    (first, *_) = found.patterns
    np.testing.assert_array_equal(first.contributions, pattern_arrays()["contrib_scores"].T)
    np.testing.assert_array_equal(first.hypothetical, pattern_arrays()["hypothetical_contribs"].T)


@pytest.mark.parametrize(("trim", "left", "width"), [(0, 0, WIDTH), (0.3, 1, 4)])
def test_sites_are_those_of_the_seqlets(report: Path, trim: float, left: int, width: int) -> None:
    """Trimming moves the start on the strand of the site: on ``-``, by the columns that are left out at the end."""
    table = mn.read_modisco(report, trim=trim).sites()
    own = table[table["motif"] == NAMES[0]]
    right = WIDTH - width - left
    expected = [
        (example, start + (right if is_reverse else left), "-" if is_reverse else "+")
        for example, start, is_reverse in SITES
    ]
    assert list(own[["sequence_index", "start", "strand"]].itertuples(index=False, name=None)) == expected
    assert (own["end"] - own["start"] == width).all()
    assert len(table) == 4 + 4 + 4 + 2


def test_sites_have_the_names_of_the_sequences(report: Path) -> None:
    sequences = mn.SequenceSet.from_strings(["ACGT" * 5] * 6, [f"peak{i}" for i in range(6)])
    table = mn.read_modisco(report).sites(sequences)
    assert (table["name"] == [f"peak{i}" for i in table["sequence_index"]]).all()
    with pytest.raises(mn.errors.InputError):
        mn.read_modisco(report).sites(sequences.take(slice(5)))


def test_without_positions_there_are_motifs_but_no_sites(tmp_path: Path) -> None:
    arrays = pattern_arrays()
    few = {name: arrays[name] for name in ("sequence", "contrib_scores", "hypothetical_contribs", "seqlets/n_seqlets")}
    found = mn.read_modisco(write_report(tmp_path / "a.h5", {"pos_patterns/pattern_0": few}))
    assert len(found.motifs) == 1
    assert found.sites().empty


def test_columns_without_bases_are_invalid(tmp_path: Path) -> None:
    empty = pattern_arrays()
    empty["sequence"] = empty["sequence"] * (np.arange(WIDTH) != 2)[:, np.newaxis]
    path = write_report(
        tmp_path / "a.h5", {"pos_patterns/pattern_0": empty, "pos_patterns/pattern_1": pattern_arrays()}
    )
    with pytest.raises(mn.errors.FormatError) as caught:
        mn.read_motifs(path)
    assert caught.value.path == str(path)
    assert mn.read_motifs(path, skip_invalid=True).names == ("pos_patterns.pattern_1",)


def changed(name: str, values: Any) -> dict[str, Any]:
    arrays = {**pattern_arrays(), name: values}
    return {own: array for own, array in arrays.items() if array is not None}


WRONG = {
    "no frequencies of the right shape": changed("sequence", np.ones((WIDTH, 5))),
    "other widths": changed("contrib_scores", np.ones((WIDTH + 1, 4))),
    "no contributions": changed("contrib_scores", None),
    "not finite": changed("hypothetical_contribs", np.full((WIDTH, 4), np.nan)),
    "negative frequencies": changed("sequence", -np.ones((WIDTH, 4))),
    "no number of seqlets": changed("seqlets/n_seqlets", None),
    "another number of seqlets": changed("seqlets/n_seqlets", np.array([7])),
    "no seqlets": changed("seqlets/n_seqlets", np.array([0])),
    "seqlets of another width": changed("seqlets/end", np.array([1, 2, 3, 4])),
    "seqlets without strands": changed("seqlets/is_revcomp", None),
    "negative sequences": changed("seqlets/example_idx", np.array([0, 1, -1, 2])),
    "text": changed("seqlets/start", np.array([b"a", b"b", b"c", b"d"])),
}


@pytest.mark.parametrize("name", WRONG)
def test_damaged_patterns_are_refused(name: str, tmp_path: Path) -> None:
    path = write_report(tmp_path / "a.h5", {"pos_patterns/pattern_0": WRONG[name]})
    with pytest.raises(mn.errors.FormatError) as caught:
        mn.read_modisco(path)
    assert caught.value.path == str(path)


def _weights(file: h5py.File) -> None:
    file["layers/dense/vars/0"] = np.ones((3, 4))


def _old(file: h5py.File) -> None:
    file["metacluster_idx_to_submetacluster_results/metacluster_0/size"] = np.ones(1)


def _compressed(file: h5py.File) -> None:
    for name, array in pattern_arrays().items():
        file.create_dataset(f"pos_patterns/pattern_0/{name}", data=array, compression="gzip")


def _no_pattern(file: h5py.File) -> None:
    file.create_group("pos_patterns")


@pytest.mark.parametrize("write", [_weights, _old, _compressed, _no_pattern, lambda file: None])
def test_other_hdf5_files_are_refused(write: Callable[[h5py.File], None], tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        write(file)
    for read in (mn.read_motifs, mn.read_modisco):
        with pytest.raises(mn.errors.FormatError) as caught:
            read(path)
        assert caught.value.path == str(path)


def test_a_truncated_file_is_refused(report: Path) -> None:
    report.write_bytes(report.read_bytes()[:-500])
    with pytest.raises(mn.errors.FormatError):
        mn.read_motifs(report)


def test_formats_are_told_apart(report: Path, tmp_path: Path) -> None:
    assert mn.read_motifs(report, format="modisco").names == mn.read_motifs(report).names
    with pytest.raises(mn.errors.FormatError):
        mn.read_motifs(report, format="meme")
    meme = tmp_path / "motifs.meme"
    mn.write_motifs(mn.read_motifs(report), meme)
    with pytest.raises(mn.errors.FormatError):
        mn.read_motifs(meme, format="modisco")
    with pytest.raises(mn.errors.InputError):
        mn.read_modisco(report, trim=1.5)
    with pytest.raises(mn.errors.InputError):
        mn.read_modisco(report, trim="0.3")  # type: ignore[arg-type]
    with pytest.raises(mn.errors.FormatError):
        mn.read_modisco(tmp_path / "missing.h5")
