"""VCF output: the records of a VCF file with values for each alternative allele in INFO."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motifnet.errors import FormatError, InputError
from motifnet.outputs import output_file, write_errors, write_text
from motifnet.sequences.io.variant_records import records_of, variant_file

#: Number of an allele (record, allele) and its values, one for each key.
Annotation = tuple[tuple[int, int], NDArray[np.floating]]
#: Longest chromosome of an index in .tbi format, in bp; longer ones have .csi.
_MAX_TBI = 1 << 29


def write_annotated(
    path: str | Path,
    output: str | Path,
    annotations: Iterable[Annotation],
    *,
    keys: Mapping[str, str],
    chromosomes: Mapping[str, int],
    keeps: Callable[[str, int, str], bool] | None = None,
) -> None:
    """Write the records of a VCF file with values in INFO.

    Parameters
    ----------
    path : str or Path
        VCF or BCF.
    output : str or Path
        ``.vcf``, or ``.vcf.gz`` (bgzip; with an index beside it if the records are sorted). Written completely or not
        at all.
    annotations : iterable of (record, allele) and float array
        In the order of the file; alleles without values get a dot, as does NaN. Records without any stay as they are.
    keys : mapping of str to str
        INFO keys and their descriptions, one for each value.
    chromosomes : mapping of str to int
        Lengths of chromosomes, for the header.
    keeps : function, optional
        From the chromosome, position and reference allele of a record to whether it is written.

    Raises
    ------
    FormatError
        If a file cannot be read or written.
    InputError
        If the file has one of the keys.
    """
    is_bgzip = str(output).lower().endswith(".gz")
    order = _Order()
    with ExitStack() as stack:
        opened = stack.enter_context(variant_file(path))
        _extend_header(opened.header, path, keys, chromosomes)
        if is_bgzip:
            write = _bgzip_writer(stack, output)
        else:
            handle = stack.enter_context(write_text(output))
            write = handle.write
        write(_text_of(opened.header, path))
        values = _by_record(annotations)
        found = next(values, None)
        for index, record in enumerate(records_of(opened, path)):
            own: dict[int, NDArray[np.floating]] = {}
            if found is not None and found[0] == index:
                own, found = found[1], next(values, None)
            if keeps is None or keeps(record.chrom, record.pos, record.ref or "."):
                _annotate(record, own, list(keys))
                order.add(record)
                write(_text_of(record, path))
        for _ in values:  # the end of the iterator may raise errors
            pass
    if is_bgzip and order.is_sorted and Path(output).is_file():
        _make_index(output, is_long=max([order.last, *chromosomes.values()]) > _MAX_TBI)


def _extend_header(header: Any, path: str | Path, keys: Mapping[str, str], chromosomes: Mapping[str, int]) -> None:
    for key, text in keys.items():
        if key in header.info:
            hint = f"Remove it: bcftools annotate -x INFO/{key}"
            raise InputError(f"{path}: the file already has the INFO key {key}", hint=hint)
        plain = re.sub(r"[\x00-\x1f\x7f]", " ", text).replace("\\", "\\\\").replace('"', '\\"')
        header.add_line(f'##INFO=<ID={key},Number=A,Type=Float,Description="{plain}">')
    for name, length in chromosomes.items():
        if name not in header.contigs and re.fullmatch(r"[\w.|+-]+", name):
            header.contigs.add(name, length=length)


def _text_of(part: Any, path: str | Path) -> str:
    """Text of the header or of a record; raises FormatError if it is not UTF-8."""
    try:
        return str(part)
    except UnicodeDecodeError:
        hint = "Convert it, e.g. from Latin-1: iconv -f latin1 -t utf-8 FILE"
        raise FormatError(path, "the text is not UTF-8", hint=hint) from None


def _bgzip_writer(stack: ExitStack, output: str | Path) -> Callable[[str], object]:
    import pysam

    partial = stack.enter_context(output_file(output))
    stack.enter_context(write_errors(output))
    handle = pysam.BGZFile(str(partial), "wb")
    stack.callback(handle.close)
    return lambda text: handle.write(text.encode("utf-8", "surrogateescape"))


def _by_record(annotations: Iterable[Annotation]) -> Iterator[tuple[int, dict[int, NDArray[np.floating]]]]:
    """Values of all alleles of each record that has any."""
    current: tuple[int, dict[int, NDArray[np.floating]]] | None = None
    for (record, allele), values in annotations:
        if current is None or current[0] != record:
            if current is not None:
                yield current
            current = record, {}
        current[1][allele] = values
    if current is not None:
        yield current


def _annotate(record: Any, own: Mapping[int, NDArray[np.floating]], keys: list[str]) -> None:
    if not own:
        return
    for number, key in enumerate(keys):
        values = [float(own[allele][number]) if allele in own else math.nan for allele in range(len(record.alts))]
        record.info[key] = tuple(None if math.isnan(value) else value for value in values)


class _Order:
    """Whether records are sorted, with each chromosome in one run."""

    def __init__(self) -> None:
        self.is_sorted, self.last = True, 0
        self._chrom, self._seen = "", set[str]()

    def add(self, record: Any) -> None:
        if record.chrom != self._chrom:
            self.is_sorted &= record.chrom not in self._seen
            self._seen.add(record.chrom)
            self._chrom, self.last = record.chrom, 0
        self.is_sorted &= record.pos >= self.last
        self.last = record.pos


def _make_index(output: str | Path, *, is_long: bool) -> None:
    import pysam

    with write_errors(output):
        pysam.tabix_index(str(output), preset="vcf", force=True, csi=is_long)
