"""Blocks on the workers of a Dask cluster, as real processes: in order, and none is lost with its worker."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import motifnet as mn
from cluster_jobs import deadly, refused, squares
from command import tree
from dna_strategies import random_dna
from motifnet import cluster
from motifnet.errors import InputError
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.provenance import fingerprints
from motifnet.sequences.alphabet import one_hot

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """Two processes."""
    with cluster.connect("local:2") as client:
        yield client


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a model, a genome, sequences and variants."""
    from small_models import SPEC, model_of

    monkeypatch.chdir(tmp_path)
    model_of(SPEC).save("model")
    genome = random_dna(1, 30_000, seed=5)[0]
    Path("genome.fa").write_text(f">chr1\n{genome}\n")
    Path("regions.fa").write_text("".join(f">chr1:{p}-{p + 60}\n{genome[p : p + 60]}\n" for p in range(0, 29_000, 3)))
    header = "##fileformat=VCFv4.2\n##contig=<ID=chr1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    rows = (
        f"chr1\t{p + 1}\t.\t{genome[p]}\t{'C' if genome[p] == 'A' else 'A'}\t.\t.\t.\n" for p in range(99, 29_000, 7)
    )
    Path("own.vcf").write_text(header + "".join(rows))
    return tmp_path


def test_blocks_come_in_order_although_a_worker_is_killed(client: Any, place: Path) -> None:
    Path("factor").write_text("3")
    results = cluster.cluster_blocks(client, partial(squares, "factor"), n_blocks=30, inputs=["factor"])
    found = [results(block) for block in range(30)]
    assert [int(each["values"][0]) for each in found] == [3 * block**2 for block in range(30)]
    assert {int(each["threads"]) for each in found} == {1}
    assert Path("killed").exists()


def test_a_limited_number_of_blocks_is_computed_ahead(
    client: Any, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted, submit = [], client.submit
    monkeypatch.setattr(client, "submit", lambda *args, **options: submitted.append(args) or submit(*args, **options))
    Path("factor").write_text("1")
    Path("killed").touch()
    results = cluster.cluster_blocks(client, partial(squares, "factor"), n_blocks=100, inputs=["factor"])
    for block in range(20):
        results(block)
        assert len(submitted) <= block + 1 + 3 * 2


def test_errors_of_workers_are_errors_of_the_client(client: Any, place: Path) -> None:
    with pytest.raises(InputError, match="no"):
        cluster.cluster_blocks(client, refused, n_blocks=1, inputs=())(0)
    with pytest.raises(InputError):
        cluster.cluster_blocks(client, deadly, n_blocks=1, inputs=())(0)


def test_workers_need_the_same_files(client: Any, place: Path) -> None:
    Path("factor").write_text("1")
    for change in (lambda: Path("factor").write_text("2"), lambda: Path("factor").unlink()):
        results = cluster.cluster_blocks(client, partial(squares, "factor"), n_blocks=1, inputs=["factor"])
        assert fingerprints(["factor"])[0]["bytes"] == 1
        change()
        with pytest.raises(InputError):
            results(0)


class Killer(logging.Handler):
    """Kills a worker when the first progress is reported."""

    def __init__(self, client: Any) -> None:
        super().__init__()
        self.pids = sorted(client.run(os.getpid).values())

    def emit(self, record: logging.LogRecord) -> None:
        if self.pids:
            os.kill(self.pids.pop(), signal.SIGKILL)
            self.pids.clear()


def each_job(folder: Path, **options: Any) -> None:
    """All functions with the argument `client`, on the same files; the results are written into a folder."""
    folder.mkdir()
    model: Any = "model" if options else mn.load_model("model")
    mn.predict_tracks(model, "genome.fa", folder / "scores.bedgraph", options=mn.TrackSpec(1), **options)
    mn.predict_table(model, "regions.fa", folder / "scores.tsv", **options)
    (folder / "explained").mkdir()
    spec = mn.ExplanationSpec(method="gradient", show=2)
    mn.explain(model, "regions.fa", folder / "explained", spec, **options)
    mn.variant_effects(model, "own.vcf", genome="genome.fa", options=mn.VariantSpec(null=1), **options).to_csv(
        folder / "effects.tsv"
    )
    motifs = MotifSet([Motif(word, one_hot([word])[0] * 20.0 + 1) for word in ("CACGTG", "GATTACA")])
    mn.scan(motifs, "genome.fa", p_value=1e-3, with_best=True, **options).to_frame().to_csv(folder / "hits.tsv")


def test_results_are_those_of_one_process_although_a_worker_is_killed(client: Any, place: Path) -> None:
    each_job(place / "plain")
    killer, logger = Killer(client), logging.getLogger("motifnet.progress")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(killer)
    each_job(place / "cluster", client=client)
    assert not killer.pids
    assert tree(place / "cluster") == tree(place / "plain")


def test_workers_read_paths_only(client: Any, place: Path) -> None:
    model = mn.load_model("model")
    jobs: list[Callable[[], object]] = [
        lambda: mn.predict_tracks(model, "genome.fa", "x.bedgraph", client=client),
        lambda: mn.predict_table(model, "regions.fa", "x.tsv", client=client),
        lambda: mn.explain("model", ["ACGT"], ".", client=client),
        lambda: mn.variant_effects(model, "own.vcf", genome="genome.fa", client=client),
        lambda: mn.variant_effects("model", ref=["ACGTA"], alt=["ACTTA"], client=client),
        lambda: mn.scan("CACGTG", ["ACGT"], client=client),
    ]
    for job in jobs:
        with pytest.raises(InputError):
            job()
    assert not list(place.glob("x.*"))


@pytest.mark.parametrize("address", ["local", "local:0", "local:-1", "local:a", "host", "", "tcp://127.0.0.1:1"])
def test_addresses_without_a_cluster_are_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_TIMEOUT", 0.2)
    with pytest.raises(InputError), cluster.connect(address):
        raise AssertionError


def test_the_library_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError), cluster.connect("local:1"):
        raise AssertionError
