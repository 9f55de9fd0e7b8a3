"""What several commands do: limit threads, write a folder of results with its provenance, choose negatives."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import motifnet as mn
from motifnet.cli.console import print_status
from motifnet.errors import counted
from motifnet.models.network.presets import PRESETS
from motifnet.outputs import output_folder
from motifnet.provenance import RunRecord, write_provenance

if TYPE_CHECKING:
    from distributed import Client

    from motifnet.parts import Results


def limit_threads(threads: int | None) -> int:
    """Limit the threads of TensorFlow, numpy and numba, before numpy is imported: each reads its limit only once.

    Returns
    -------
    int
        Threads that TensorFlow uses.
    """
    from motifnet.models import runtime

    if threads is not None:
        runtime.set_threads(threads)
        for library in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
            os.environ[f"{library}_NUM_THREADS"] = str(threads)
    return runtime.threads()


@contextmanager
def trained_by_all(output: Path, gpus: int | None) -> Iterator[Path]:
    """Train with all workers and GPUs (`use_workers`); yield the folder to write to.

    Only the first worker writes to `output`; the folder of the others is temporary.
    """
    from motifnet.models.training.distributed import use_workers

    if use_workers(gpus).is_chief:
        yield output
        return
    with TemporaryDirectory(prefix="motifnet-worker-") as folder:
        yield Path(folder) / output.name


@contextmanager
def results_folder(
    output: Path, inputs: Iterable[str | Path | None], *, force: bool, resume: bool = False, **settings: int
) -> Iterator[tuple[Path, RunRecord]]:
    """Yield a folder to write results to, and the record of the run, which is written with them as provenance.json.

    Parameters
    ----------
    output : Path
        Written completely or not at all (`output_folder`).
    inputs : iterable of str, Path or None
        Files and folders that the command reads.
    force : bool
        Replace a folder that motifnet wrote.
    resume : bool
        Keep the checkpoint of an interrupted run (`output_folder`).
    settings : int
        Further values for provenance.json: the seed, the number of threads.
    """
    run = RunRecord(inputs, **settings)
    with output_folder(output, force=force, inputs=run.inputs, resume=resume) as folder:
        yield folder, run
        write_provenance(folder, command=sys.argv, details=run.details)


def run_blocks(
    part: str | None, merged: Results | None, output: str, *, n_blocks: int, compute: Callable[[], Results],
    write: Callable[[Results], None], inputs: Iterable[str | Path | None],
) -> None:  # fmt: skip
    """Compute all blocks and write the output; or compute one part, or write the output from the results of all parts.

    Parameters
    ----------
    part : str, optional
        Part to compute, such as 2/8; its results are written to `output`.
    merged : Results, optional
        Results of all parts.
    output : str
    n_blocks : int
    compute : callable
        Returns the function that computes a block.
    write : callable
        Writes the output.
    inputs : iterable of str, Path or None
        Files and folders that the command reads.
    """
    from motifnet.outputs import check_distinct
    from motifnet.parts import Part, write_part

    inputs = tuple(inputs)
    check_distinct([output], inputs=inputs)
    if part is None:
        write(merged or compute())
        return
    own = Part.parse(part)
    write_part(output, own, compute(), n_blocks=n_blocks, command=sys.argv[1:], inputs=inputs)
    print_status(f"{output}: part {own}, {len(own.blocks(n_blocks))} of {counted(n_blocks, 'block')}")


@contextmanager
def cluster_client(cluster: str | None, threads: int | None) -> Iterator[Client | None]:
    """Connect to the cluster of the option --cluster; without the option, there is no client."""
    if cluster is None:
        yield None
        return
    from motifnet.cluster import connect

    with connect(cluster, threads) as client:
        yield client


def check_part(part: str | None, output: str, *, inputs: Iterable[str | None], cluster: str | None = None) -> bool:
    """Whether a part is computed; InputError if it cannot be, before the computation starts."""
    from motifnet.outputs import STDIO, check_file
    from motifnet.parts import Part

    if cluster is not None and (part is not None or STDIO in inputs):
        what = "--cluster cannot be combined with --part or standard input"
        raise mn.errors.InputError(what, hint="Omit --part, and give the input as files.")
    if part is None:
        return False
    Part.parse(part)
    if output == STDIO or STDIO in inputs:
        what = "--part cannot be combined with standard input or output"
        raise mn.errors.InputError(what, hint="Use names of files.")
    check_file(output)
    return True


def spec_file(network: str) -> str | None:
    """The spec.json that ``--preset`` names; None for a preset."""
    return None if network in PRESETS else network


def chosen_negatives(
    negatives: str | None, made: mn.NegativeSpec, labels: mn.LabelSpec
) -> str | mn.NegativeSpec | None:
    """The file of negatives, or how they are generated; None if labels of other kinds are given."""
    if negatives is None and not labels:
        return made
    if made != mn.NegativeSpec():
        other = "labels of other kinds" if labels else "--negatives"
        raise mn.errors.InputError(f"--negatives-from, --ratio, --kmer and --margin cannot be combined with {other}")
    return negatives
