"""Commands that are killed at any file operation: the same command continues, and ends with the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from command import NETWORK, PLAIN, ForkedCommand, tree
from motifnet.provenance import PROVENANCE

#: Runs a command that is killed before its n-th file operation, or (0) logs them all in a file.
KILLED = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from fuzz.kill import install
from motifnet.cli.main import main
at, log = int(sys.argv.pop(1)), Path(sys.argv.pop(1))
install(Path.cwd(), at=at, log=None if at else log)
main()
"""
FILES = ("pos.fa", "--negatives", "neg.fa")
BUDGET = ("--max-steps", "12", "--check-every", "3", "--dropout", "0.2", "--threads", "1", "--seed", "3")
TUNE = ("--max-steps", "12", "--check-every", "4", "--threads", "1", "--seed", "3", "--trials", "3")
COMMANDS = {
    "train": ("train", *FILES, *NETWORK, *BUDGET),
    "tune": ("tune", *FILES, *NETWORK, *TUNE),
    "discover": ("discover", *FILES, *NETWORK, *PLAIN, *BUDGET, "--replicates", "2"),
}
#: Moments as fractions of all file operations; the others are tested nightly.
FEW, MANY = (0.3,), (0.03, 0.1, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99)
MOMENTS = [
    *(pytest.param(name, moment, id=f"{name} at {moment}") for name in COMMANDS for moment in FEW),
    *(
        pytest.param(name, moment, id=f"{name} at {moment}", marks=pytest.mark.nightly)
        for name in COMMANDS
        for moment in MANY
    ),
]
pytestmark = pytest.mark.slow


def results(folder: Path) -> dict[str, bytes]:
    """All files but those with times and paths."""
    return {name: content for name, content in tree(folder).items() if name not in (PROVENANCE, "report.html")}


def is_complete(folder: Path, name: str) -> bool:
    """Whether the results have their name; the folder of a search has it from the beginning."""
    return folder.exists() and name != "tune"


@pytest.fixture(scope="module")
def whole(
    here: ForkedCommand, place: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[dict[str, bytes], int]]:
    """Results of each command without an interruption, and the number of its file operations."""
    found, logs = {}, tmp_path_factory.mktemp("logs")
    for name, command in COMMANDS.items():
        done = here.python.run(("-c", KILLED, "0", str(logs / name), *command, "--output", f"whole {name}"), place)
        assert done.returncode == 0, done.stderr.decode()
        found[name] = results(place / f"whole {name}"), len((logs / name).read_text().splitlines())
    return found


@pytest.mark.parametrize(("name", "moment"), MOMENTS)
def test_the_same_command_continues_to_the_same_bytes(
    name: str, moment: float, here: ForkedCommand, place: Path, whole: dict[str, tuple[dict[str, bytes], int]]
) -> None:
    expected, count = whole[name]
    output = f"killed {name} {moment}"
    command = (*COMMANDS[name], "--output", output)
    killed = here.python.run(("-c", KILLED, str(1 + int(moment * count)), "no log", *command), place)
    assert killed.returncode == -9, killed.stderr.decode()
    if is_complete(place / output, name):  # killed after the results got their name
        assert results(place / output) == expected
        command = (*command, "--force")
    has_checkpoint = any(place.glob(f"{output}.partial/checkpoint/*.npz"))
    said = here(*command).stderr
    assert f"{output}.partial" in said or not has_checkpoint
    assert results(place / output) == expected
    assert [path.name for path in place.glob(f"{output}*")] == [output]
