"""Messages of the command line, as they are printed to standard error.

`refused` runs `motifnet.cli.main` in a folder with two good files, and checks what holds for every error of a user:
exit code 2, nothing on standard output, and no file written or changed.
"""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from tempfile import TemporaryFile
from unittest.mock import patch

import h5py
import numpy as np
import pytest

import keras_networks as networks
from command import tree
from dna_strategies import random_dna
from dragonn_models import layers_of, random_weights, write_dragonn
from motifnet.cli.main import main
from motifnet.models.manifest import MANIFEST, write_manifest
from motifnet.models.network.layers import describe
from motifnet.models.network.spec import ModelSpec
from motifnet.models.storage import FILES, FORMAT_VERSION, SPEC, WEIGHTS, ModelHeader
from motifnet.motifs.io.files import write_motifs
from motifnet.motifs.motif import Motif, MotifSet
from motifnet.parts import Part, write_part

OUT = ("--output", "out")
MOTIFS = MotifSet([Motif("MA0004.1", [[4, 19], [16, 0], [0, 1], [0, 0]], nsites=20, alt_name="Arnt")])


def refused(*arguments: str, prepare: Callable[[], object] = lambda: None, stdin: bytes = b"") -> str:
    """Standard error of a command that ends with exit code 2."""
    for number, name in enumerate(("pos.fa", "neg.fa")):
        Path(name).write_text(fasta(random_dna(30, 60, seed=number)))
    write_motifs(MOTIFS, "known.meme")
    prepare()
    before = tree(Path())
    with TemporaryFile("w+") as out, redirect_stdout(out), redirect_stderr(StringIO()) as error:
        arguments = tuple(argument for argument in arguments if argument)
        with (
            patch.object(sys, "argv", ["motifnet", *arguments]),
            patch.object(sys, "stdin", TextIOWrapper(BytesIO(stdin))),
            patch.dict(os.environ, COLUMNS="100"),
            pytest.raises(SystemExit) as ended,
        ):
            main()
        assert ended.value.code == 2
        assert os.fstat(out.fileno()).st_size == 0
    assert tree(Path()) == before
    return error.getvalue().rstrip()


def fasta(sequences: list[str]) -> str:
    return "".join(f">{number}\n{sequence}\n" for number, sequence in enumerate(sequences))


def file(content: bytes | str, name: str = "bad.fa") -> Callable[[], object]:
    return lambda: Path(name).write_bytes(content.encode() if isinstance(content, str) else content)


def model(**changes: str | None) -> Callable[[], object]:
    """Make ``model``, as far as it is read before TensorFlow starts; changed files, or None for a missing one."""
    spec = ModelSpec.preset("default", length=60)
    header = ModelHeader(spec).to_json()

    def make() -> None:
        Path("model").mkdir()
        for name, text in {**dict.fromkeys(FILES, ""), SPEC: header, **changes}.items():
            if text is not None:
                (Path("model") / name).write_text(text)
        write_manifest(Path("model"), FILES, version=FORMAT_VERSION)
        if SPEC in changes:
            (Path("model") / MANIFEST).unlink()

    return make


def model_of_zeros(preset: str = "default", length: int = 60) -> None:
    """Make ``model`` with weights of 0."""
    spec = ModelSpec.preset(preset, length=length)
    Path("model").mkdir()
    for name in FILES:
        (Path("model") / name).write_text("")
    (Path("model") / SPEC).write_text(ModelHeader(spec).to_json())
    with h5py.File(Path("model") / WEIGHTS, "w") as file:
        file["all"] = np.zeros(describe(spec)["parameters"].sum(), dtype=np.float32)
    write_manifest(Path("model"), FILES, version=FORMAT_VERSION)


#: Make ``model`` with a flattened head.
fixed_length_model = partial(model_of_zeros, "dragonn", 500)


def import_keras(*arguments: str) -> str:
    def write() -> None:
        networks.save(networks.profile(), Path("net.keras"))

    return refused("import-keras", "net.keras", *OUT, *arguments, prepare=write)


def results_of_others() -> None:
    Path("out").mkdir()
    (Path("out") / "thesis.tex").write_text("years of work")


def another_process() -> None:
    Path("out.partial").mkdir()
    fcntl.flock(os.open("out.partial/lock", os.O_CREAT | os.O_RDWR), fcntl.LOCK_EX)  # held until Python ends


def dragonn_model() -> None:
    layers = layers_of([(3, 7)], length=60, pool_width=54)
    write_dragonn(Path(), layers, random_weights(layers))
    Path("keras.json").write_text(json.dumps({"class_name": "Sequential", "config": [], "keras_version": "2.2.4"}))


TRUNCATED = gzip.compress(fasta(random_dna(50, 60, seed=1)).encode())[:-400]
NEWER = json.dumps({"format_version": FORMAT_VERSION + 1})
EACH_MOTIF = "\nMOTIF x{}\nletter-probability matrix: alength= 4 w= 1 nsites= 9 E= 0\n 1 0 0 0\n"
MANY_MOTIFS = "MEME version 4\n" + "".join(map(EACH_MOTIF.format, range(301)))
LABELS = "name\tvalue\n" + "".join(f"{i}\t{i / 10}\n" for i in range(30))

discover, train, tune = (partial(refused, name, "pos.fa", *OUT) for name in ("discover", "train", "tune"))
positives = partial(refused, "discover", "bad.fa", *OUT)
predict = partial(refused, "predict", "model", "pos.fa")
explain = partial(refused, "explain", "model", "pos.fa", *OUT)


def parts(
    first: str,
    second: str | None = None,
    *,
    command: str = "predict",
    options: Sequence[str] = (),
    changed: bool = False,
) -> Callable[[], object]:
    """Make the parts ``a`` and ``c`` without results; the options are those of the last one."""

    def make() -> None:
        texts = [text for text in (first, second) if text is not None]
        for name, text in zip("ac", texts, strict=False):
            own = options if text is texts[-1] else ()
            tokens = [command, "model", "pos.fa", *own]
            write_part(name, Part.parse(text), lambda block: {}, n_blocks=1, command=tokens, inputs=["pos.fa"])
        if changed:
            Path("pos.fa").write_text(">1\nACGT\n")

    return make


CASES: dict[str, Callable[[], object]] = {
    "explain a task that the model does not have": partial(explain, "--task", "nope", prepare=model_of_zeros),
    "explain by a method without references": partial(explain, "--method", "ism", "--references", "zeros"),
    "number of references that are not shuffles": partial(
        explain, "--method", "deeplift", "--references", "zeros", "--n-references", "5"
    ),
    "explain a sequence that is not in the file": partial(explain, "--names", "chr1:1-60", prepare=model_of_zeros),
    "pictures of no sequence": partial(explain, "--png"),
    "explain sequences of another length": partial(explain, prepare=fixed_length_model),
    "explain with motifs that are missing": partial(explain, "--motifs", "missing.meme", prepare=model_of_zeros),
    "explain with a negative number of pictures": partial(explain, "--show", "-1"),
    # Options.
    "a part on a cluster": partial(predict, "--part", "1/2", "--cluster", "local:2", *OUT),
    "unknown command": partial(refused, "discvoer", "pos.fa"),
    "unknown option": partial(discover, "--preest", "default"),
    "unknown option with a value instead of a file": partial(refused, "predict", "model", "--strid", "50"),
    "unknown option instead of a file": partial(refused, "scan", "known.meme", "--qvalue=0.1"),
    "missing option": partial(refused, "discover", "pos.fa"),
    "option without a value": partial(refused, "scan", "known.meme", "pos.fa", "--matrix"),
    "unknown choice": partial(refused, "motifs", "model", "pos.fa", *OUT, "--site-rule", "bets"),
    "no number": partial(train, "--length", "long"),
    "quiet and verbose": partial(discover, "--quiet", "--verbose"),
    "threads": partial(train, "--threads", "0"),
    "replicates": partial(discover, "--replicates", "0"),
    "trials": partial(tune, "--trials", "0"),
    "test positives without negatives": partial(discover, "--test-positives", "pos.fa"),
    "test files and test chromosomes": partial(
        discover, "--test-positives", "pos.fa", "--test-negatives", "neg.fa", "--test-chromosomes", "chr1"
    ),
    "labels and negatives": partial(train, "--label-pattern", "(.)", "--negatives", "neg.fa"),
    "labels and test files": partial(
        discover, "--label-pattern", "(.)", "--test-positives", "pos.fa", "--test-negatives", "neg.fa"
    ),
    "negatives and ratio": partial(train, "--negatives", "neg.fa", "--ratio", "2"),
    "genome needed": partial(train, "--negatives-from", "genome"),
    "intervals without a genome": partial(discover, "--top", "5"),
    "evaluate without negatives": partial(refused, "evaluate", "model", "pos.fa"),
    "freeze without from": partial(train, "--freeze", "1"),
    "from and network": partial(train, "--from", "model", "--preset", "dragonn"),
    "unknown network": partial(train, "--preset", "dragon"),
    "check: test negatives only": partial(refused, "check", "pos.fa", "--test-negatives", "neg.fa"),
    "enrich: E-value": partial(refused, "enrich", "known.meme", "pos.fa", "--e-value", "0"),
    "simulate: two sources of motifs": partial(refused, "simulate", *OUT, "--motifs", "known.meme", "--jaspar", "CTCF"),
    "simulate: two backgrounds": partial(refused, "simulate", *OUT, "--background", "pos.fa", "--gc-fraction", "0.4"),
    "simulate: no motifs": partial(
        refused, "simulate", *OUT, "--motifs", "empty.meme", prepare=lambda: write_motifs(MotifSet([]), "empty.meme")
    ),
    # Files of sequences.
    "no file": partial(refused, "discover", "poss.fa", *OUT),
    "no folder": partial(refused, "discover", "nowhere/pos.fa", *OUT),
    "folder": partial(refused, "discover", "a", *OUT, prepare=lambda: Path("a").mkdir()),
    "empty standard input": partial(refused, "discover", "-", *OUT),
    "empty file": partial(positives, prepare=file(b"")),
    "BED without a genome": partial(positives, prepare=file("chr1\t100\t200\tpeak\n")),
    "binary file": partial(positives, prepare=file(bytes(range(256)) * 8)),
    "truncated gzip": partial(positives, prepare=file(TRUNCATED)),
    "empty record": partial(positives, prepare=file(">a\nACGT\n>b\n>c\nACGT\n")),
    "invalid letter": partial(positives, prepare=file(">a\nACGT\n>b\nACGT\nACXT\n")),
    "only N": partial(positives, prepare=file(f">a\n{'N' * 60}\n>b\n{'n' * 60}\n")),
    "no shuffle": partial(positives, prepare=file(f">a\n{'A' * 60}\n>b\n{'AC' * 30}\n")),
    "one negative": partial(train, "--negatives", "bad.fa", prepare=file(f">a\n{'ACGTTGCA' * 7}ACGT\n")),
    "negatives of another length": partial(
        train, "--negatives", "bad.fa", prepare=file(fasta(random_dna(30, 50, seed=3)))
    ),
    "labels are no classes": partial(train, "--labels", "t.tsv", prepare=file(LABELS, "t.tsv")),
    # Networks and models.
    "too short for the network": partial(
        train, "--length", "18", "--num-filters", "8", "--conv-width", "19", "--block-pool", "1"
    ),
    "too large for the memory": partial(train, "--num-filters", "1000000000", "--conv-width", "5"),
    "no model": predict,
    "model is a file": partial(predict, prepare=file("", "model")),
    "folder is no model": partial(predict, prepare=model(**{SPEC: None})),
    "model without weights": partial(predict, prepare=model(**{"model.weights.h5": None})),
    "damaged model": partial(predict, prepare=model(**{SPEC: "{"})),
    "model of a newer version": partial(predict, prepare=model(**{SPEC: NEWER})),
    "another length than the head": partial(predict, prepare=fixed_length_model),
    "export to another format": partial(refused, "export", "model", "model.h5", prepare=model()),
    "describe without a length": partial(refused, "describe", "dragonn"),
    "describe a model with options": partial(refused, "describe", "model", "--num-filters", "8", prepare=model()),
    "DragoNN files in the wrong order": partial(
        refused, "import-dragonn", "model.weights.h5", "model.arch.json", *OUT, prepare=dragonn_model
    ),
    "later version of Keras": partial(
        refused, "import-dragonn", "keras.json", "model.weights.h5", *OUT, prepare=dragonn_model
    ),
    "Keras network with several outputs": partial(import_keras, "--layout", "NL4"),
    "Keras network with another output": partial(import_keras, "--layout", "NL4", "--head", "profiles"),
    "Keras network with another layout": partial(import_keras, "--layout", "N4L", "--head", "counts"),
    "Keras network with other tasks": partial(
        import_keras, "--layout", "NL4", "--head", "counts", "--tasks", "bound", "open"
    ),
    "Keras network without a layout": import_keras,
    # Motifs.
    "sequences as motifs": partial(refused, "compare", "pos.fa"),
    "motifs as sequences": partial(refused, "scan", "known.meme", "known.meme"),
    "no database": partial(refused, "compare", "known.meme", "mammals"),
    "no motif of this name": partial(refused, "logo", "known.meme", "a.svg", "--names", "MA0004.2"),
    "unknown figure format": partial(refused, "logo", "known.meme", "a.jpg"),
    "too many logos": partial(refused, "logo", "many.meme", "a.svg", prepare=file(MANY_MOTIFS, "many.meme")),
    "format of the output": partial(refused, "convert", "known.meme", "out"),
    "output is the input": partial(refused, "convert", "known.meme", "known.meme"),
    "two outputs with one name": partial(
        refused, "variants", "model", "v.vcf", "--genome", "pos.fa", "--output", "a.tsv", "--skipped", "a.tsv"
    ),
    "folder of the output is missing": partial(refused, "scan", "ACGT", "pos.fa", "--output", "parts/1"),
    # Output.
    "folder is not empty": partial(discover, prepare=results_of_others),
    "folder is not of motifnet": partial(discover, "--force", prepare=results_of_others),
    "folder is a file": partial(refused, "discover", "pos.fa", "--output", "neg.fa"),
    "folder that another process writes": partial(discover, prepare=another_process),
    "folder with the name of the partial folder": partial(
        discover, prepare=lambda: Path("out.partial").mkdir() or (Path("out.partial") / "thesis.tex").touch()
    ),
    "folder contains an input": partial(
        refused,
        *("train", "model/pos.fa", "--output", "model", "--force"),
        prepare=model(**{"pos.fa": fasta(random_dna(9, 60, seed=1))}),
    ),
    "current folder": partial(refused, "train", "pos.fa", "--output", "."),
    "table as bigWig": partial(predict, "--output", "tile.bw"),
    "table of hits as bedGraph": partial(refused, "scan", "known.meme", "pos.fa", "--output", "tile.bedGraph"),
    "file cannot be written": partial(predict, "--output", "nowhere/scores.tsv"),
    "no results to report": partial(refused, "report", "a", prepare=lambda: Path("a").mkdir()),
    "VCF output for a region": partial(
        refused,
        "variants",
        "model",
        "--genome",
        "pos.fa",
        "--saturate",
        "chr1:5-6",
        "--output",
        "a.vcf",
        prepare=model(),
    ),
    "heat map without a region": partial(
        refused, "variants", "model", "own.vcf", "--genome", "pos.fa", "--heat-map", "a.svg", prepare=model()
    ),
    "track of sequences": partial(refused, "predict", "model", "pos.fa", "--output", "scores.bw", prepare=model()),
    "options of tracks with sequences": partial(
        refused, "predict", "model", "pos.fa", "--stride", "20", "--output", "scores.tsv", prepare=model()
    ),
    "prediction without sequences": partial(refused, "predict", "model", "--output", "scores.bw", prepare=model()),
    "track with filters of intervals": partial(
        refused, "predict", "model", "--genome", "pos.fa", "--top", "3", "--output", "scores.bw", prepare=model()
    ),
    "part of another kind": partial(
        refused, "predict", "model", "pos.fa", "--part", "9/8", "--output", "x", prepare=model()
    ),
    "part without a file": partial(refused, "predict", "model", "pos.fa", "--part", "1/8", prepare=model()),
    "report of TF-MoDISco from a pipe": partial(refused, "convert", "-", "motifs.meme", stdin=b"\x89HDF\r\n\x1a\n"),
    "no part": partial(refused, "merge", "pos.fa", "--output", "x"),
    "file of a part is missing": partial(refused, "merge", "part1", "--output", "x"),
    "part is missing": partial(refused, "merge", "a", "c", "--output", "x", prepare=parts("1/3", "3/3")),
    "part is repeated": partial(refused, "merge", "a", "c", "--output", "x", prepare=parts("1/2", "1/2")),
    "parts of other inputs": partial(refused, "merge", "a", "c", "--output", "x", prepare=parts("1/2", "2/3")),
    "parts of other commands": partial(
        refused, "merge", "a", "c", "--output", "x", prepare=parts("1/2", "2/2", options=["--stride", "9"])
    ),
    "part of a command without parts": partial(
        refused, "merge", "a", "--output", "x", prepare=parts("1/1", command="discover")
    ),
    "part with other options": partial(
        refused, "merge", "a", "--output", "x", prepare=parts("1/1", options=["--unknown"])
    ),
    "input of parts has changed": partial(refused, "merge", "a", "--output", "x", prepare=parts("1/1", changed=True)),
}
