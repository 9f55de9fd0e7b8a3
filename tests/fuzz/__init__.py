"""Fuzzing of every reader, and of the output code by killing it at every file operation.

python -m tests.fuzz 10000             changed inputs for all readers
python -m tests.fuzz --repeat FOLDER   one input again
python -m tests.fuzz.kill_points       kill commands at each of their file operations
"""

import sys
from pathlib import Path

_TESTS = str(Path(__file__).resolve().parents[1])
if _TESTS not in sys.path:  # for `from dna_strategies import ...`, as in the tests
    sys.path.append(_TESTS)
