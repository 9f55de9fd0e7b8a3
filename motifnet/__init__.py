"""motifnet: train convolutional networks on labelled DNA sequences, and export the motifs they rely on.

    FASTA / BED + genome -> SequenceSet -> Dataset -> Split -> train(ModelSpec, TrainSpec) -> TrainedModel
                                                                                                   |
        filters of a layer -> sites -> families -> refinement -> occurrences -> statistics, known motifs -> MEME, tables

Packages and modules, in the order in which they may import each other (each imports only those before it):

``errors``          exceptions for invalid input, with hints
``documents``       JSON documents and tables that motifnet wrote, read and checked
``arguments``, ``hdf5``, ``progress``, ``provenance``, ``html``, ``partial_folder``, ``outputs``, ``figures``
                    checks of arguments and of HDF5 files, progress reports, provenance.json, tables in notebooks,
                    output files and what is kept of them after an interruption, figures
``parts``, ``cluster``
                    parts of a computation, for several processes or machines; blocks of it on the workers of Dask
``sequences``       alphabet, one-hot, labelled datasets, checks; ``io`` (FASTA, BED, genomes, labels), ``splits``,
                    ``negatives``
``motifs``          motifs and figures of them; ``io`` (MEME, JASPAR, TRANSFAC, HOMER), ``learned`` (filters to motifs),
                    ``scanning``, ``known`` (JASPAR, Tomtom, enrichment), ``statistics``
``models``          trained models, evaluation, baselines; ``network`` (specs, presets, layers), ``training``; only
                    this package and ``interpretation`` use Keras
``interpretation``  motifs of a model: the readout, importance, and the tables; effects of mutations and
                    variants
``simulation``      sequences with planted motifs, and the true sites
``report``          a folder of results as an HTML page
``planning``, ``discovery``, ``explanation``
                    `discover`, the whole analysis, and its plan; `explain`, the bases that matter
``cli``             the command line, one module per command

Conventions: rows are the bases A, C, G, T and columns are positions, in one-hot arrays ``(N, 4, L)``, filters
``(F, 4, w)`` and motifs ``(4, w)``; the reverse complement of each is ``x[..., ::-1, ::-1]``. PFM = counts, PPM =
probabilities, PWM = log2 odds to the background in bits. Sites are 0-based and half-open. The same seed, number of
threads, machine and versions give the same bytes.

The public names are listed by purpose in ``__init__.pyi``. They are imported when they are first used, so that ``import
motifnet`` is fast.
"""

from typing import Any

from motifnet.lazy import lazy_getattr, public_names

_HOMES = public_names(__file__)
__all__ = sorted(name for names in _HOMES.values() for name in names)
_import = lazy_getattr(__name__, _HOMES)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("motifnet")
    return _import(name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
