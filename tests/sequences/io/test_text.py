"""Text files: bounded memory, whatever is in them."""

from __future__ import annotations

import gzip
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from motifnet.errors import FormatError
from motifnet.sequences.io import text
from motifnet.sequences.io.text import MAX_LINE, TextSource

#: Reads a file in a process with little memory, and prints the place of the error.
READ = """
import resource, sys
from motifnet.errors import FormatError
from motifnet.sequences.input_spec import LabelSpec
from motifnet.sequences.io.label_table import labels_from_table
from motifnet.sequences.io.fasta import parse_fasta, stream_fasta
from motifnet.sequences.io.regions import read_regions
from motifnet.sequences.ragged import RaggedSequences
from motifnet.sequences.splits.partition import SplitTable
from pathlib import Path
kind, path, megabytes = sys.argv[1:]
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, 2 * (used + (int(megabytes) << 20),))
one = RaggedSequences.from_strings(["ACGT"], ["a"])
readers = {
    "fasta": parse_fasta,
    "stream": lambda path: [len(part.flat) for part in stream_fasta(path)],
    "regions": read_regions,
    "labels": lambda path: labels_from_table(one, LabelSpec(labels=Path(path))),
    "splits": SplitTable.read,
}
try:
    readers[kind](path)
except FormatError as error:
    print(error.path, error.line)
"""


def read_in_little_memory(kind: str, path: Path, megabytes: int) -> str:
    done = subprocess.run(
        [sys.executable, "-c", READ, kind, str(path), str(megabytes)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def write_gzip(path: Path, start: bytes, unit: bytes, n: int) -> Path:
    """Write many copies of 1 MB of a unit, compressed by a factor of 1,000."""
    block = unit * ((1 << 20) // len(unit))
    with gzip.open(path, "wb", compresslevel=1) as handle:
        handle.write(start)
        for _ in range(n):
            handle.write(block)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["regions", "labels", "splits"])
def test_a_line_larger_than_memory_is_an_error_with_its_line(tmp_path: Path, kind: str) -> None:
    starts = {"regions": b"chr1\t1\t9\n", "labels": b"name\tup\na\t1\n", "splits": b"digest\tsplit\n"}
    path = write_gzip(tmp_path / "long.gz", starts[kind], b"A", 300)
    assert read_in_little_memory(kind, path, 250) == f"{path} {starts[kind].count(10) + 1}"


@pytest.mark.slow
def test_a_name_larger_than_memory_is_an_error_with_its_line(tmp_path: Path) -> None:
    path = write_gzip(tmp_path / "long.fa.gz", b">a\nACGT\n>", b"A", 300)
    assert read_in_little_memory("fasta", path, 250) == f"{path} 3"


@pytest.mark.slow
def test_lines_of_sequence_need_no_memory_beyond_their_codes(tmp_path: Path) -> None:
    path = write_gzip(tmp_path / "long.fa.gz", b">a\n", b"A", 200)
    assert not read_in_little_memory("fasta", path, 700)  # 200 MB of codes, and a copy on disk
    records = write_gzip(tmp_path / "many.fa.gz", b"", b">abc\nACGT\nAC\n", 200)
    assert not read_in_little_memory("stream", records, 250)


@pytest.mark.nightly
def test_a_record_of_10_gigabases_is_an_error(tmp_path: Path) -> None:
    path = write_gzip(tmp_path / "bomb.fa.gz", b">a\n", b"A", 10_000)
    assert read_in_little_memory("fasta", path, 2500) == f"{path} 2"


def test_lines_have_their_numbers(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one\r\n\rtwo\n" + b"A" * (MAX_LINE + 1))
    with pytest.raises(FormatError) as caught:
        list(TextSource(tmp_path / "a").lines())
    assert caught.value.line == 4
    (tmp_path / "a").write_bytes(b"one\r\n\rtwo\n" + b"A" * MAX_LINE)
    assert [number for number, _ in TextSource(tmp_path / "a").lines()] == [1, 2, 3, 4]


class Stdin:
    """Standard input with these bytes."""

    def __init__(self, content: bytes) -> None:
        self.buffer = io.BytesIO(content)


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_large_standard_input_is_copied_to_a_file(
    monkeypatch: pytest.MonkeyPatch, compress: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(text, "_KEPT", 16)
    content = b"".join(b"line %d\n" % number for number in range(1000))
    monkeypatch.setattr(sys, "stdin", Stdin(compress(content)))
    source = TextSource("-")
    for _ in range(2):
        assert "".join(line for _, line in source.lines()).encode() == content


def test_a_device_without_an_end_is_an_error() -> None:
    with pytest.raises(FormatError):
        TextSource("/dev/zero")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("content", [">a é µ\r\nACGT\r\n", "name\tup\ns0\t1\n" * 2000])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_utf_16_is_named_with_its_conversion(
    encoding: str, content: str, compress: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = tmp_path / "text"
    path.write_bytes(compress(content.encode(encoding)))
    with pytest.raises(FormatError) as error:
        TextSource(path).head()
    named = "UTF-16" if encoding == "utf-16" else encoding.upper().replace("-LE", "LE").replace("-BE", "BE")
    assert f"iconv -f {named} " in (error.value.hint or "")


@pytest.mark.parametrize("content", [b"\0" * 500, bytes(range(256)) * 4, b"\0\1\0\2" * 99, b"BAM\1" + b"\0" * 99])
def test_other_binary_files_are_not_utf_16(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "binary"
    path.write_bytes(content)
    with pytest.raises(FormatError) as error:
        TextSource(path).head()
    assert "iconv" not in (error.value.hint or "")


def test_names_that_no_file_can_have() -> None:
    for name in ("x" * 5000, "a\0b"):
        with pytest.raises(FormatError):
            TextSource(name)
