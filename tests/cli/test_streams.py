"""Standard output and error: full, closed, of any encoding; names with control characters, names of 1 MB."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from command import Command

MOTIF = ">site\nA [ 9 0 0 0 9 0 ]\nC [ 0 9 0 0 0 9 ]\nG [ 0 0 9 0 0 0 ]\nT [ 0 0 0 9 0 0 ]\n"
SEQUENCE = "TTGACGACGTACGGATCAACGTACTTGC"


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """A folder with a motif file, and FASTA files whose names terminals cannot show."""
    (tmp_path / "m.jaspar").write_text(MOTIF)
    (tmp_path / "non_ascii.fa").write_text(f">séq\N{GREEK SMALL LETTER ALPHA}\n{SEQUENCE}\n", encoding="utf-8")
    (tmp_path / "escape.fa").write_text(f">\x1b[31mred\x07\n{SEQUENCE}X\n")
    (tmp_path / "escape.bed").write_text("chr1\t1\t\x1b]0;title\x07\x1b[2J\n")
    (tmp_path / "long.fa").write_text(f">{'A' * 1_000_000}\n{SEQUENCE}X\n")
    (tmp_path / "\x1b[2J[red]\n.fa").write_text(f">a\n{SEQUENCE}\n")
    return Command(tmp_path)


def run(command: Command, *arguments: str, encoding: str = "utf-8") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command.line(*arguments),
        cwd=command.folder,
        env={**command.environment(), "PYTHONIOENCODING": encoding},
        capture_output=True,
        timeout=120,
        check=False,
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "non_ascii.fa"),
        ("check", "non_ascii.fa", "--output", "-"),
        ("describe", "--length", "200"),
        ("convert", "m.jaspar", "-", "--to", "meme"),
        ("scan", "m.jaspar", "non_ascii.fa", "--output", "-"),
        ("--help",),
    ],
    ids=" ".join,
)
def test_a_full_disk_under_standard_output_is_an_error(command: Command, arguments: tuple[str, ...]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command.line(*arguments), cwd=command.folder, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 2
    assert b"motifnet: " in done.stderr
    assert b"Traceback" not in done.stderr


def test_messages_that_cannot_be_printed_do_not_change_the_exit_code(command: Command) -> None:
    with open("/dev/full", "wb") as full:
        for name, code in (("non_ascii.fa", 0), ("no.fa", 2)):
            assert subprocess.run(command.line("check", name), cwd=command.folder, stderr=full).returncode == code


def test_names_that_the_encoding_lacks_are_escaped(command: Command) -> None:
    scan = ("scan", "m.jaspar", "non_ascii.fa", "--p-value", "0.01", "--output", "-")
    shown = {encoding: run(command, *scan, encoding=encoding) for encoding in ("ascii", "latin-1", "utf-8")}
    assert [done.returncode for done in shown.values()] == [0, 0, 0]
    texts = {encoding: done.stdout.decode(encoding) for encoding, done in shown.items()}
    assert "\ts\\xe9q\\u03b1\t" in texts["ascii"]
    assert "\tséq\\u03b1\t" in texts["latin-1"]
    assert "\tséq\N{GREEK SMALL LETTER ALPHA}\t" in texts["utf-8"]


@pytest.mark.parametrize("name", ["escape.fa", "escape.bed", "long.fa", "\x1b[2J[red]\n.fa", "\udcff.fa", "x" * 5000])
def test_names_reach_the_terminal_escaped_and_cut(command: Command, name: str) -> None:
    done = run(command, "check", name, encoding="ascii")
    shown = done.stdout + done.stderr
    assert b"Traceback" not in shown
    assert len(shown) < 2500
    assert all(32 <= byte < 127 or byte == 10 for byte in shown)
    if done.returncode:
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 2
