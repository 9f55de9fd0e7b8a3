"""The wheel contains the whole package, and the command runs from it outside the repository."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from motifnet.cli.main import COMMANDS

pytestmark = pytest.mark.nightly

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the repository in an isolated environment."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(REPOSITORY)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_contains_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
        entry_points = archive.read(f"motifnet-{version('motifnet')}.dist-info/entry_points.txt").decode()
        others = [name.partition("/")[2] for name in archive.namelist() if ".dist-info/" in name]
    package = REPOSITORY / "motifnet"
    files = (path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    assert inside == {str(path.relative_to(REPOSITORY)) for path in files}
    assert "motifnet/py.typed" in inside
    assert "motifnet = motifnet.__main__:main" in entry_points
    assert "licenses/LICENSE" in others


def test_the_command_runs_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "installed"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(target)]
    subprocess.run([*install, str(wheel)], check=True, timeout=120, cwd=tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(target)}

    def run(*command: str) -> str:
        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120
        )
        return done.stdout

    home = run(sys.executable, "-c", "import motifnet; print(motifnet.__file__)")
    assert Path(home.strip()).is_relative_to(target)
    script = str(target / "bin" / "motifnet")
    assert run(script, "--version").strip() == version("motifnet")
    help_text = run(script, "--help")
    assert all(command in help_text for command in COMMANDS)
    assert "--preset" in run(script, "discover", "--help")
