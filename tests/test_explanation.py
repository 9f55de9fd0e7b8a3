"""`explain`: the same contributions as `attribute`, block by block, and a page that is complete and safe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import keras_networks as networks
from command import tree
from motifnet.documents import read_table
from motifnet.errors import InputError, ModelError, SpecError
from motifnet.explanation import explain
from motifnet.interpretation.attribution.attributions import METHODS, attribute
from motifnet.interpretation.attribution.explanation_spec import ExplanationSpec, Method
from motifnet.models.keras_model import KerasModel
from motifnet.models.network.spec import ModelSpec
from motifnet.models.sequence_model import SequenceModel
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.sequences.alphabet import N, one_hot_codes
from motifnet.sequences.sequence_set import SequenceSet
from network_designs import model_of

LENGTH, N_SEQUENCES = 60, 11
SPEC = ModelSpec.preset("default", length=LENGTH, tasks=("first", "second"))
HOSTILE = "<script>alert(1)</script>\u202e$x^2$"


@pytest.fixture(scope="module")
def model() -> SequenceModel:
    return model_of(SPEC)


def sequences(*, hostile: bool = False) -> SequenceSet:
    codes = np.random.default_rng(1).integers(0, 4, (N_SEQUENCES, LENGTH), dtype=np.uint8)
    codes[3, :20] = N
    codes[4] = N
    names = [f"chr{i % 2}:{20 * i}-{20 * i + LENGTH}" for i in range(N_SEQUENCES)]
    return SequenceSet([HOSTILE, *names[1:]] if hostile else names, codes)


def test_the_methods_are_those_of_attribute() -> None:
    assert set(METHODS) == set(Method.__args__)  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("task", [None, "second"])
def test_files_have_the_contributions_of_attribute(
    model: SequenceModel, method: Method, task: str | None, tmp_path: Path
) -> None:
    explain(model, sequences(), tmp_path, ExplanationSpec(method, task, n_references=2 if method == "deeplift" else 20))
    found = attribute(model, sequences(), method=method, task=task, n_references=2)
    for name in found.tasks:
        file = "contributions.npz" if task else f"contributions.{name}.npz"
        np.testing.assert_array_equal(np.load(tmp_path / file)["arr_0"], found.task(name).values)
    np.testing.assert_array_equal(np.load(tmp_path / "one_hot.npz")["arr_0"], one_hot_codes(sequences().codes))
    assert {path.name for path in tmp_path.glob("*.bedgraph.gz")} == {
        "contributions.bedgraph.gz" if task else f"contributions.{name}.bedgraph.gz" for name in found.tasks
    }


@pytest.mark.parametrize("rows", [1, 3, 10])
@pytest.mark.parametrize("method", ["ism", "deeplift"])
def test_blocks_do_not_change_the_results(
    model: SequenceModel, method: Method, rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = ExplanationSpec(method, show=4, names=("chr1:20-80",))
    for name in ("whole", "blocks"):
        (tmp_path / name).mkdir()
        explain(model, sequences(), tmp_path / name, spec)
        monkeypatch.setattr("motifnet.explanation._BLOCK_VALUES", rows * 4 * LENGTH * 2)
    assert tree(tmp_path / "whole").keys() == tree(tmp_path / "blocks").keys()
    for task in SPEC.tasks:
        one, other = (np.load(tmp_path / name / f"contributions.{task}.npz")["arr_0"] for name in ("whole", "blocks"))
        np.testing.assert_allclose(other, one, atol=1e-5 * np.abs(one).max())
    one, other = (read_table(tmp_path / name / "bases.tsv") for name in ("whole", "blocks"))
    assert one["sequence_index"].tolist() == other["sequence_index"].tolist()
    cards = [(tmp_path / name / "explain.html").read_text().count('class="card"') for name in ("whole", "blocks")]
    assert cards[0] == cards[1] == 2 * 5 - sum(_is_strong(model, task, "chr1:20-80", 4) for task in range(2))


def _is_strong(model: SequenceModel, task: int, name: str, show: int) -> bool:
    """Whether a sequence has one of the highest scores anyway."""
    order = np.argsort(-model.scores(sequences(), part="network")[:, task], kind="stable")
    return list(sequences().names).index(name) in order[:show].tolist()


def test_the_page_shows_the_highest_scores_and_the_sites(model: SequenceModel, tmp_path: Path) -> None:
    own = sequences(hostile=True)
    consensus = own[0][30:40]
    motif = Motif("m1", one_hot_codes(own.codes)[0, :, 30:40] * 50, nsites=50, alt_name="<i>FACTOR</i>")
    spec = ExplanationSpec("gradient", "first", show=3, names=(HOSTILE,), png=True)
    explain(model, own, tmp_path, spec, motifs=MotifSet([motif]))
    page = (tmp_path / "explain.html").read_text()
    order = np.argsort(-model.scores(own)[:, 0], kind="stable")[:3].tolist()
    assert all(own.names[i] in page for i in order if i)
    assert "<script>alert" not in page
    assert "<i>" not in page
    assert "\u202e" not in page
    assert page.count('class="bar"') >= 1, consensus
    assert not {"http://", "https://"} & set(page.split('"'))
    assert sorted(path.suffix for path in (tmp_path / "pictures").iterdir()) == [".png", ".svg"]


def test_references_from_a_file_are_those_of_attribute(model: SequenceModel, tmp_path: Path) -> None:
    references = ["ACGT" * 15, "A" * 60]
    records = [references[0], "CC" + references[1] + "GG"]  # cropped around the centre
    (tmp_path / "references.fa").write_text("".join(f">{s}\n{s}\n" for s in records))
    spec = ExplanationSpec("deeplift", task="first", references=str(tmp_path / "references.fa"))
    explain(model, sequences(), tmp_path, spec)
    found = attribute(
        model, sequences(), method="deeplift", task="first", references=SequenceSet.from_strings(references)
    )
    np.testing.assert_array_equal(np.load(tmp_path / "contributions.npz")["arr_0"], found.values)


def test_names_can_be_in_a_file(model: SequenceModel, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("chr1:20-80\n\nchr0:40-100\n")
    explain(model, sequences(), tmp_path, ExplanationSpec("ism", "first", names=(str(tmp_path / "names.txt"),)))
    assert len(list((tmp_path / "pictures").glob("*.svg"))) == 2


def test_long_sequences_are_drawn_in_part(tmp_path: Path) -> None:
    long = model_of(ModelSpec.preset("default", length=1000))
    codes = np.random.default_rng(1).integers(0, 4, (2, 1000), dtype=np.uint8)
    explain(long, SequenceSet(["a", "b"], codes), tmp_path, ExplanationSpec("gradient"))
    assert (tmp_path / "explain.html").stat().st_size < 300_000


def test_wrong_values_are_refused(model: SequenceModel, tmp_path: Path) -> None:
    for options in (
        {"references": "zeros"}, {"method": "deeplift", "references": "zeros", "n_references": 5}, {"n_references": 0},
        {"show": -1}, {"png": True},
    ):  # fmt: skip
        with pytest.raises(InputError):
            ExplanationSpec(**options)  # type: ignore[arg-type]
    for options in ({"method": "shap"}, {"tracks": "wig"}):
        with pytest.raises(SpecError):
            ExplanationSpec(**options)  # type: ignore[arg-type]
    with pytest.raises(ModelError):
        explain(model, sequences(), tmp_path, ExplanationSpec(task="third"))
    with pytest.raises(InputError):
        explain(model, sequences(), tmp_path, ExplanationSpec(names=("chr9:1-2",)))
    with pytest.raises(InputError):
        explain(model, sequences().take([]), tmp_path)
    with pytest.raises(ModelError):
        explain(KerasModel(networks.danq()), sequences(), tmp_path, ExplanationSpec("deeplift"))
