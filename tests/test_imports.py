"""Who may import whom, and what an import costs: the import rules."""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

import motifnet
from motifnet.cli.main import COMMANDS

PACKAGE = Path(motifnet.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
#: Packages and modules of the top level, in the order of the data: each imports itself and the levels above it.
LEVELS = (
    {"errors", "lazy"},
    {"documents"},
    {"arguments", "hdf5", "progress", "provenance", "html"},
    {"partial_folder"},
    {"outputs"},
    {"figures", "parts"},
    {"cluster"},
    {"sequences"},
    {"motifs", "models"},
    {"interpretation", "simulation"},
    {"planning", "report"},
    {"discovery", "explanation"},
    {"cli"},
    {"__main__"},
)
#: The command line is written with the public names; packages with public names import them lazily.
#: Workers of a cluster use the public name for the number of threads.
ALLOWED = {("cli", "motifnet"), ("cluster", "motifnet"), ("", "motifnet.lazy")}
LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}
HEAVY = ("numpy", "pandas", "sklearn", "matplotlib", "keras", "tensorflow", "dask", "distributed")


def package_of(module: str) -> str:
    """``models`` of ``motifnet.models.network.spec``; empty for ``motifnet`` itself."""
    return module.partition(".")[2].partition(".")[0]


def module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in FILES}


def imports_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and module of every import from motifnet, those in functions and TYPE_CHECKING blocks included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found = [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports in motifnet are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found = [
                (node.lineno, name if name in MODULES or node.module == "motifnet" else str(node.module))
                for name in names
            ]
        else:
            continue
        yield from ((line, name) for line, name in found if name.partition(".")[0] == "motifnet")


def forbidden(module: str, source: str) -> list[str]:
    """Imports that the package of a module may not make."""
    own = package_of(module)
    return [
        f"{module}:{line} may not import {name}"
        for line, name in imports_of(ast.parse(source))
        if package_of(name) != own
        and LEVEL.get(package_of(name), len(LEVELS)) >= LEVEL.get(own, 0)
        and (own, name) not in ALLOWED
    ]


def cycles() -> list[list[str]]:
    """Groups of modules that import each other."""
    names = list(MODULES)
    rows = [
        (names.index(module), names.index(name))
        for module, path in MODULES.items()
        for _, name in imports_of(ast.parse(path.read_text()))
        if name in MODULES
    ]
    first, second = zip(*rows, strict=True)
    graph = coo_array((np.ones(len(rows)), (first, second)), shape=(len(names),) * 2)
    _, component = connected_components(graph, connection="strong")
    groups = [[name for name, own in zip(names, component, strict=True) if own == k] for k in set(component)]
    return [group for group in groups if len(group) > 1]


def test_imports_go_one_way() -> None:
    assert {package_of(module) for module in MODULES} - {""} <= set(LEVEL)
    assert [fault for module, path in MODULES.items() for fault in forbidden(module, path.read_text())] == []
    assert cycles() == []


@pytest.mark.parametrize(
    ("module", "source", "is_fault"),
    [
        ("motifnet.motifs.x", "from motifnet.models.network.spec import ModelSpec", True),
        ("motifnet.models.x", "import motifnet.motifs.learned.sites", True),
        ("motifnet.sequences.x", "def f():\n    from motifnet.models.network import spec", True),
        ("motifnet.sequences.x", "from motifnet import models", True),
        ("motifnet.sequences.x", "class C:\n    try:\n        import motifnet.cli\n    finally:\n        pass", True),
        ("motifnet.models.x", "from motifnet import train", True),  # a public name hides where it lives
        ("motifnet.sequences.x", "if TYPE_CHECKING:\n    from motifnet.models.network import spec", True),
        ("motifnet.cli.x", "from motifnet.discovery import discover", False),
        ("motifnet.cli.x", "import motifnet as mn", False),
        ("motifnet.motifs.x", "from motifnet.motifs.motif import Motif\nimport numpy", False),
    ],
)
def test_the_rule_finds_forbidden_imports(module: str, source: str, is_fault: bool) -> None:
    assert bool(forbidden(module, source)) == is_fault


def test_no_two_modules_share_a_name() -> None:
    names = Counter(path.stem for path in FILES if path.stem != "__init__" and path.parent.name != "io")
    commands = {path.stem for path in (PACKAGE / "cli").glob("*.py")}
    assert {name for name, n in names.items() if n > 1} <= commands


def test_only_the_command_line_prints() -> None:
    calls = {
        module: [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        for module, path in MODULES.items()
    }
    printing = {
        m for m, own in calls.items() if any(isinstance(c.func, ast.Name) and c.func.id == "print" for c in own)
    }
    assert {package_of(module) for module in printing} <= {"cli"}


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


def test_sequences_motifs_and_the_report_do_not_import_tensorflow() -> None:
    modules = [module_of(path) for path in FILES if package_of(module_of(path)) in ("sequences", "motifs", "report")]
    assert len(modules) > 10
    imported = modules_after("\n".join(f"import {module}" for module in modules))
    assert "numpy" in imported
    assert imported.isdisjoint({"keras", "tensorflow"})


def test_known_motifs_are_compared_without_compiling() -> None:
    code = 'import motifnet as mn; fungi = mn.read_database("fungi"); mn.annotate(fungi[:2], fungi)'
    assert modules_after(code).isdisjoint({"numba", "memelite", "tensorflow"})


def test_specs_need_neither_numpy_nor_keras() -> None:
    modules = modules_after(
        "import motifnet.models.network.spec, motifnet.motifs.extraction_spec, motifnet.errors, motifnet.provenance"
    )
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
