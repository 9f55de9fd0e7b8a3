"""Who may import whom, and what an import costs: the walls of the house."""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import motifnet
from motifnet.cli.main import COMMANDS

PACKAGE = Path(motifnet.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
#: Rooms in the order of the data; a room imports from itself and from those on lines above its own.
FLOORS = (
    {"errors"},
    {"arguments", "outputs", "progress", "provenance", "summary"},
    {"picture"},
    {"sequences"},
    {"motifs", "models"},
    {"interpretation", "simulation"},
    {"discovery", "report"},
    {"cli"},
    {"__main__"},
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
HEAVY = ("numpy", "pandas", "sklearn", "matplotlib", "keras", "tensorflow")


def room_of(module: str) -> str:
    """``models`` of ``motifnet.models.cnn``; empty for ``motifnet`` itself."""
    return module.partition(".")[2].partition(".")[0]


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and module of every import that can run, those inside functions included."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute in motifnet"
            assert node.module is not None
            # `from motifnet import models` names the room in the second half.
            names = [f"motifnet.{alias.name}" for alias in node.names] if node.module == "motifnet" else [node.module]
            yield from ((node.lineno, name) for name in names)
        else:
            children = node.orelse if is_type_checking(node) else [node]  # type: ignore[attr-defined]
            for child in children:
                yield from imports_of(child)


def faults(path: Path, source: str) -> list[str]:
    """Imports of a file that its room may not make."""
    own = room_of(module_of(path))
    found = []
    for line, module in imports_of(ast.parse(source)):
        room = room_of(module)
        if module.partition(".")[0] != "motifnet" or room == own:
            continue
        if room not in FLOOR or FLOOR[room] >= FLOOR[own]:
            found.append(f"{path.relative_to(PACKAGE)}:{line}: {own} may not import {module}")
    return found


def test_every_room_is_on_the_plan() -> None:
    assert {room_of(module_of(path)) for path in FILES} - {""} <= set(FLOOR)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_from_those_before_it(path: Path) -> None:
    if path == PACKAGE / "__init__.py":
        assert not [name for _, name in imports_of(ast.parse(path.read_text())) if name.startswith("motifnet")]
    else:
        assert faults(path, path.read_text()) == []


@pytest.mark.parametrize(
    ("room", "source", "is_fault"),
    [
        ("motifs", "from motifnet.models.spec import ModelSpec", True),
        ("models", "import motifnet.motifs.sites", True),
        ("sequences", "def f():\n    from motifnet.models import spec", True),
        ("sequences", "from motifnet import models", True),
        ("sequences", "class C:\n    try:\n        import motifnet.cli\n    finally:\n        pass", True),
        ("models", "from motifnet import train", True),  # a public name hides where it lives
        ("sequences", "if TYPE_CHECKING:\n    from motifnet.models import spec", False),
        ("cli", "from motifnet.discovery import discover", False),
        ("motifs", "from motifnet.motifs.motif import Motif\nimport numpy", False),
    ],
)
def test_the_rule_finds_what_it_looks_for(room: str, source: str, is_fault: bool) -> None:
    assert bool(faults(PACKAGE / room / "x.py", source)) == is_fault


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_command_line_prints(path: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    prints = [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
    assert not prints or room_of(module_of(path)) == "cli"


@pytest.mark.parametrize("name", motifnet.__all__)
def test_every_public_name_is_there_and_says_what_it_is(name: str) -> None:
    value = getattr(motifnet, name)
    assert value is getattr(motifnet, name)
    if callable(value):
        assert inspect.getdoc(value)
        # The docstring that a dataclass makes of its fields says nothing.
        assert not (inspect.getdoc(value) or "").startswith(f"{name}(")


def test_a_name_that_does_not_exist() -> None:
    with pytest.raises(AttributeError, match=r"module 'motifnet' has no attribute 'trian'\. Did you mean 'train'\?"):
        _ = motifnet.trian
    assert set(motifnet.__all__) < set(dir(motifnet))


# --- what an import costs, seen from outside ---


def modules_after(code: str) -> set[str]:
    """Names of the top-level modules that a fresh Python has imported after running the code."""
    script = f"{code}\nimport json, sys\nprint()\nprint(json.dumps(sorted({{m.split('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_probe_sees_what_is_imported() -> None:
    assert "numpy" in modules_after("import numpy")


def test_importing_motifnet_costs_nothing() -> None:
    assert modules_after("import motifnet").isdisjoint(HEAVY)


def test_sequences_motifs_and_the_report_know_no_tensorflow() -> None:
    modules = [module_of(path) for path in FILES if room_of(module_of(path)) in ("sequences", "motifs", "report")]
    assert len(modules) > 10
    imported = modules_after("\n".join(f"import {module}" for module in modules))
    assert "numpy" in imported
    assert imported.isdisjoint({"keras", "tensorflow"})


def test_specs_need_neither_numpy_nor_keras() -> None:
    modules = modules_after("import motifnet.models.spec, motifnet.motifs.spec, motifnet.errors, motifnet.provenance")
    assert modules.isdisjoint(HEAVY)


#: One Python for the help of all commands, each in a process of its own.
HELP = """
import json, os, sys
from motifnet.cli.main import COMMANDS, main
for command in ("", *COMMANDS):
    if os.fork():
        assert os.wait()[1] == 0, command
        continue
    sys.argv = ["motifnet", *command.split(), "--help"]
    try:
        main()
    except SystemExit as error:
        assert not error.code, error.code
    print()
    print(json.dumps([command, sorted({module.split(".")[0] for module in sys.modules})]), flush=True)
    os._exit(0)
"""


@pytest.fixture(scope="module")
def after_help() -> dict[str, set[str]]:
    """By command, the top-level modules that its help has imported."""
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    return {command: set(modules) for command, modules in told}


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_light(command: str, after_help: dict[str, set[str]]) -> None:
    assert "cyclopts" in after_help[command]
    assert after_help[command].isdisjoint(HEAVY)


def test_the_root_help_names_every_command() -> None:
    help_text = subprocess.run(
        [sys.executable, "-m", "motifnet", "--help"], capture_output=True, text=True, check=True, timeout=120
    ).stdout
    for command, line in COMMANDS.items():
        assert command in help_text
        assert line[:40] in help_text
