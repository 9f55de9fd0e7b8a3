"""Files and folders are written completely or not at all; tables are written and read."""

from __future__ import annotations

import gzip
import math
import os
import stat
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from motifnet.documents import TEXT_COLUMNS, read_table, split_row
from motifnet.errors import FormatError, InputError
from motifnet.outputs import (
    PROVENANCE,
    check_distinct,
    check_file,
    check_folder,
    check_table,
    output_file,
    output_folder,
    write_table,
    write_text,
)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def names() -> list[str]:
    return sorted(path.name for path in Path().iterdir())


def written_by_motifnet(folder: str) -> Path:
    Path(folder).mkdir()
    (Path(folder) / PROVENANCE).write_text('{"written_by": "motifnet"}')
    return Path(folder)


# --- files ---


def test_a_file_takes_its_place_at_the_end() -> None:
    Path("a.txt").write_text("old")
    with output_file("a.txt") as partial:
        partial.write_text("new")
        assert Path("a.txt").read_text() == "old"
    assert (names(), Path("a.txt").read_text()) == (["a.txt"], "new")


def fail_halfway() -> None:
    with output_file("a.txt") as partial:
        partial.write_text("new")
        raise RuntimeError("halfway")


def test_a_file_that_fails_leaves_the_old_one() -> None:
    Path("a.txt").write_text("old")
    with pytest.raises(RuntimeError, match="halfway"):
        fail_halfway()
    assert (names(), Path("a.txt").read_text()) == (["a.txt"], "old")


def test_links_stay_links_and_pipes_are_written_directly() -> None:
    Path("target.txt").write_text("old")
    Path("link.txt").symlink_to("target.txt")
    with write_text("link.txt") as handle:
        handle.write("new")
    assert Path("link.txt").is_symlink()
    assert Path("target.txt").read_text() == "new"
    reading, writing = os.pipe()
    with os.fdopen(reading) as end:
        with write_text(f"/dev/fd/{writing}") as handle:
            handle.write("through the pipe")
        os.close(writing)
        assert end.read() == "through the pipe"


def test_compressed_text_is_the_same_bytes_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    contents = []
    for now in (1e9, 2e9):
        monkeypatch.setattr("time.time", lambda now=now: now)
        with write_text("a.txt.gz") as handle:
            handle.write("text")
        contents.append(Path("a.txt.gz").read_bytes())
    assert contents[0] == contents[1]
    assert gzip.decompress(contents[0]) == b"text"


def test_a_hyphen_is_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    with write_text("-") as handle:
        assert handle is sys.stdout
        handle.write("text")
    assert capsys.readouterr().out == "text"
    check_file("-")
    assert names() == []


def test_a_closed_pipe_is_no_write_error() -> None:
    with pytest.raises(BrokenPipeError), write_text("-"):
        raise BrokenPipeError


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("nowhere/a.txt", "nowhere does not exist"),
        ("file/a.txt", "Not a directory"),
        ("folder", "Is a directory"),
    ],
)
def test_a_file_that_cannot_be_written(path: str, reason: str) -> None:
    Path("file").write_text("")
    Path("folder").mkdir()
    with pytest.raises(FormatError) as early:
        check_file(path)
    with pytest.raises(FormatError) as late, write_text(path) as handle:
        handle.write("text")
    assert early.value.path == late.value.path == path
    assert str(early.value) == str(late.value)
    assert reason in str(early.value)
    assert names() == ["file", "folder"]


@pytest.mark.parametrize("name", ["tile.bw", "a.bigWig", "a.bedGraph.gz", "a.BED", "a.narrowPeak", "a.bam", "a.json"])
def test_a_table_has_no_name_of_another_format(name: str) -> None:
    with pytest.raises(FormatError) as error:
        check_table(name)
    assert error.value.path == name
    assert names() == []


def test_tables_have_any_other_name() -> None:
    for name in ("-", "a.tsv", "a.txt.gz", "a", "bed", "/dev/null"):
        check_table(name)
    check_table("a.bed.gz", others=(".bed",))


def test_a_full_disk() -> None:
    check_file("/dev/full")
    with pytest.raises(FormatError) as error, write_text("/dev/full") as handle:
        handle.write("text")
    assert error.value.path == "/dev/full"
    assert "No space left on device" in str(error.value)


# --- folders ---


def test_a_folder_is_renamed_at_the_end() -> None:
    with output_folder("deep/out") as partial:
        (partial / "a.txt").write_text("text")
        assert not Path("deep/out").exists()
    assert Path("deep/out/a.txt").read_text() == "text"
    assert [path.name for path in Path("deep").iterdir()] == ["out"]
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(Path("deep/out").stat().st_mode) == 0o777 & ~umask


def test_an_empty_folder_is_filled() -> None:
    Path("out").mkdir()
    with output_folder("out") as partial:
        (partial / "a.txt").write_text("text")
    assert names() == ["out"]
    assert Path("out/a.txt").is_file()


def fill_and_raise(error: BaseException) -> None:
    with output_folder("out") as partial:
        (partial / "a.txt").write_text("text")
        raise error


def test_files_written_before_an_error_are_kept_and_named() -> None:
    with pytest.raises(InputError) as error:
        fill_and_raise(InputError("halfway"))
    results = Path("out.partial/results")
    assert [str(results) in note for note in error.value.__notes__] == [True]
    assert (results / "a.txt").is_file()
    assert names() == ["out.partial"]


def test_an_error_before_the_first_file_leaves_nothing() -> None:
    with pytest.raises(KeyboardInterrupt), output_folder("out"):
        raise KeyboardInterrupt
    assert names() == []


def test_an_interruption_right_after_the_folder_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    make = Path.mkdir

    def make_and_stop(folder: Path, **options: bool) -> None:
        make(folder, **options)
        if folder.name.startswith("out."):
            raise KeyboardInterrupt

    monkeypatch.setattr(Path, "mkdir", make_and_stop)
    with pytest.raises(KeyboardInterrupt), output_folder("out"):
        pytest.fail("stopped before")
    assert names() == []


def test_notes_are_kept_when_an_error_is_renamed() -> None:
    full = OSError(28, "No space left on device")
    full.add_note("the model is kept")
    with pytest.raises(FormatError) as error:
        fill_and_raise(full)
    assert error.value.path == "out"
    assert error.value.__notes__[0] == "the model is kept"
    assert str(Path("out.partial/results")) in error.value.__notes__[1]


def test_messages_of_many_lines_are_cut_to_the_first() -> None:
    with pytest.raises(FormatError) as error, output_folder("out"):
        raise OSError("write failed: time = Sun\n, buf = 0x55, offset = 0")
    assert "time = Sun" in str(error.value)
    assert "offset" not in str(error.value)


def come_second() -> None:
    with output_folder("out") as partial:
        (partial / "a.txt").write_text("ours")
        Path("out").mkdir()
        Path("out/b.txt").write_text("theirs")


def test_a_folder_that_another_run_has_written_is_kept() -> None:
    with pytest.raises(InputError, match="out"):
        come_second()
    assert Path("out/b.txt").read_text() == "theirs"
    assert Path("out.partial/results/a.txt").read_text() == "ours"


def test_force_replaces_only_what_motifnet_wrote() -> None:
    Path("out").mkdir()
    Path("out/thesis.tex").write_text("years of work")
    for force in (False, True):
        with pytest.raises(InputError, match="out"):
            check_folder("out", force=force)
    (Path("out") / PROVENANCE).write_text('{"written_by": "motifnet"}')
    with pytest.raises(InputError, match="--force"):
        check_folder("out", force=False)
    with output_folder("out", force=True) as partial:
        (partial / "a.txt").write_text("text")
    assert [path.name for path in Path("out").iterdir()] == ["a.txt"]
    assert names() == ["out"]


@pytest.mark.parametrize("path", ["file", "gone", "file/out", "file/deep/out", "."])
def test_a_folder_that_cannot_be_made(path: str) -> None:
    Path("file").write_text("")
    Path("gone").symlink_to("nowhere")
    with pytest.raises(InputError):
        check_folder(path, force=True)
    assert names() == ["file", "gone"]


# --- tables ---


def test_tables_are_written_and_read() -> None:
    table = pd.DataFrame(
        {
            "name": ["NA", "", "1e5"],
            "motif": ["", "f01_ACGT", "nan"],
            "start": [1, 2, 3],
            "score": [0.123456789, math.nan, 1e-12],
            "auroc_test": [math.nan] * 3,
        }
    )
    write_table(table, "a.tsv")
    assert Path("a.tsv").read_text().splitlines()[1] == "NA\t\t1\t0.123457\t"
    back = read_table("a.tsv")
    assert back["name"].tolist() == table["name"].tolist()
    assert back["motif"].tolist() == table["motif"].tolist()
    assert back["start"].tolist() == [1, 2, 3]
    assert back["score"].tolist() == pytest.approx([0.123457, math.nan, 1e-12], nan_ok=True)
    assert back["auroc_test"].isna().all()
    assert back["auroc_test"].dtype == float


@given(
    names=st.lists(st.text(st.characters()), min_size=1, max_size=8),
    column=st.text(st.characters(), min_size=1).filter(lambda name: name not in TEXT_COLUMNS),
    kind=st.sampled_from([object, "category"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(names=['"a', "b\tc", "d\ne", "f\rg", "\\t", "NA", "nan", "-1e5", "", " x ", "#", "'"], column='"', kind=object)
@example(names=["\x85", "\u2028", "\x00", "\ud800", "\x1b[2J", "\ufeff", "True", "None", "1"], column=" ", kind=object)
def test_any_text_survives_a_table(names: list[str], column: str, kind: object) -> None:
    table = pd.DataFrame({"name": pd.Series(names, dtype=object).astype(kind), column: range(len(names))})
    table["motif"] = names[::-1]
    write_table(table, "a.tsv")
    back = read_table("a.tsv")
    assert back.columns.tolist() == ["name", column, "motif"]
    assert (back["name"].tolist(), back["motif"].tolist()) == (names, names[::-1])
    assert back[column].tolist() == list(range(len(names)))
    # Programs that split lines and tabs, and know no quotes, see the same rows.
    lines = Path("a.tsv").read_text(encoding="utf-8").splitlines()
    assert [len(line.split("\t")) for line in lines] == [3] * (len(names) + 1)
    assert [split_row(line)[0] for line in lines[1:]] == names


@pytest.mark.parametrize(
    "content",
    [b"", b"name\tx\na\t1\t2\n", b"name\tx\na\t1\nb\t1\t2\n", b"\xff\xfe\x00", b"name\tx\n\xff\t1\n"],
)
def test_a_damaged_table_is_an_error_with_its_name(content: bytes) -> None:
    Path("a.tsv").write_bytes(content)
    with pytest.raises(FormatError) as caught:
        read_table("a.tsv")
    assert caught.value.path == "a.tsv"


def test_force_keeps_folders_with_another_provenance_file() -> None:
    Path("thesis").mkdir()
    (Path("thesis") / PROVENANCE).write_text("{}")
    with pytest.raises(InputError, match="thesis"):
        check_folder("thesis", force=True)
    check_folder(written_by_motifnet("ours"), force=True)


def test_force_never_replaces_what_the_command_reads() -> None:
    folder = written_by_motifnet("model")
    (folder / "peaks.fa").write_text(">a\nACGT\n")
    Path("link.fa").symlink_to(folder / "peaks.fa")
    for path in (folder, folder / "peaks.fa", Path("link.fa")):
        with pytest.raises(InputError) as error:
            check_folder("model", force=True, inputs=(None, "-", path))
        assert str(path) in str(error.value)


def test_a_link_to_a_folder_stays_a_link() -> None:
    Path("scratch").mkdir()
    Path("results").symlink_to("scratch")
    with output_folder("results") as partial:
        (partial / "a.txt").write_text("new")
    assert Path("results").is_symlink()
    assert (Path("scratch") / "a.txt").read_text() == "new"
    assert names() == ["results", "scratch"]


def test_no_output_replaces_an_input_or_another_output(tmp_path: Path) -> None:
    given, link, new = tmp_path / "given.bed", tmp_path / "link.bed", tmp_path / "new.bed"
    given.touch()
    link.symlink_to(given)
    check_distinct([new, "-", "-", None, "/dev/null", "/dev/null"], inputs=[given, "-", None, tmp_path])
    for outputs in ([given], [new, link], [new, tmp_path / "." / "new.bed"]):
        with pytest.raises(InputError):
            check_distinct(outputs, inputs=[given])
