"""The command ``motifnet``: its commands by name, and what becomes of errors."""

from __future__ import annotations

import inspect
import logging
import os
import sys
import traceback
from importlib.metadata import version

from cyclopts import App, CycloptsError, MissingArgumentError

from motifnet.cli.console import complain, listen
from motifnet.cli.display import progress_shown
from motifnet.errors import InputError, MotifnetError

#: Every command by name: where it lives (imported when it is called for) and the line that the help shows.
COMMANDS = {
    "discover": "The whole job: split, train, evaluate, read off the motifs, test and name them.",
    "train": "Train a network on labelled sequences.",
    "tune": "Search for the network and the learning rate of the lowest validation loss.",
    "evaluate": "Measure a model on labelled sequences that it has not seen.",
    "predict": "Predict each task for sequences: probabilities, values or counts.",
    "motifs": "Read motifs off a model, test them on sequences that it has not seen, and name them.",
    "scan": "Find motifs in sequences, with p- and q-values: a table, BED, or sequences x motifs.",
    "enrich": "Test which known motifs are enriched in sequences.",
    "compare": "Compare motifs with known motifs, as Tomtom does.",
    "logo": "Draw motifs as logos: one picture, or a file for each.",
    "check": "Look at sequences before they are learned from: what is wrong, and what to do.",
    "simulate": "Simulate sequences with planted motifs, and the truth beside them.",
    "convert": "Write motifs in another format: MEME, JASPAR, TRANSFAC, HOMER.",
    "describe": "Show a network layer by layer: shapes, parameters, receptive fields.",
    "export": "Write a model as one .keras file that opens without motifnet.",
    "report": "Show a folder of results as one page that opens anywhere: report.html.",
    "import-dragonn": "Make a model of one that DragoNN published.",
    "doctor": "Look at this installation: versions, devices, caches, known motifs, and a self-test.",
}
#: Options that stand with any command, and what they do.
GLOBAL_OPTIONS = {
    "--quiet": "errors and warnings only",
    "--verbose": "what is done in between, and when",
    "--debug": "errors with Python's traceback",
}
EXIT_INPUT = 2
#: What TensorFlow raises in place of a MemoryError, by name: it is not imported here.
_TENSORFLOW_MEMORY = "ResourceExhaustedError"
_SMALLER = "Give a smaller --batch-size, fewer filters (--num-filters), or shorter sequences (--length)."

app = App(
    name="motifnet",
    help="From DNA sequences to a trained convolutional network and motifs that every other tool reads.",
    version=version("motifnet"),
    result_action="return_value",
    suppress_keyboard_interrupt=False,  # motifnet.__main__ has more to say
    help_epilogue="With any command: " + "; ".join(f"{name}: {what}" for name, what in GLOBAL_OPTIONS.items()) + ".",
)
for _name, _help in COMMANDS.items():
    _function = _name.replace("-", "_")
    app.command(f"motifnet.cli.{_function}:{_function}", name=_name, help=_help)


def main() -> None:
    """Run one command; exit 0 when done, 2 when the input or the options are wrong."""
    given = {argument for argument in sys.argv[1:] if argument in GLOBAL_OPTIONS}
    arguments = [argument for argument in sys.argv[1:] if argument not in given]
    is_debugging = "--debug" in given
    try:
        listen(_level(given))
        with progress_shown():
            _explain(arguments)
            app(arguments, exit_on_error=False, print_error=False)
    except MotifnetError as error:
        _complain(error, is_debugging)
    except CycloptsError as error:
        _complain(error, is_debugging, hint=f"{_choices(error)}See {_help_command(arguments)}.")
    except MemoryError as error:
        _complain(error, is_debugging, hint="The memory does not suffice: give fewer or shorter sequences.")
    except BrokenPipeError:
        # The reader of our output has seen enough (| head).
        _discard_output()
        sys.exit(1)
    except Exception as error:
        if type(error).__name__ != _TENSORFLOW_MEMORY:
            raise
        _complain(error, is_debugging, "the memory does not suffice for this network and its batches", hint=_SMALLER)


def _explain(arguments: list[str]) -> None:
    """Let the help of one command hold all that its docstring says, with examples; the list has its line only."""
    if not arguments or arguments[0] not in COMMANDS or not {"--help", "-h"} & set(arguments):
        return
    command = app[arguments[0]]
    text, _, examples = (inspect.getdoc(command.default_command) or "").partition("\nExamples\n--------\n")
    # Not "Examples:", which is taken for a section of a docstring and left out.
    command.help = f"{text.rstrip()}\n\nFor example:\n\n```sh\n{examples.strip()}\n```"


def _level(given: set[str]) -> int:
    """What is told, by the options that decide it."""
    if given >= {"--quiet", "--verbose"}:
        raise InputError("--quiet and --verbose contradict each other", hint="Give one of them.")
    return logging.WARNING if "--quiet" in given else logging.DEBUG if "--verbose" in given else logging.INFO


def _complain(error: Exception, is_debugging: bool, what: str | None = None, *, hint: str | None = None) -> None:
    if is_debugging:
        traceback.print_exception(error)
    complain(f"motifnet: {what or error}")
    if hint:
        complain(f"  {hint}")
    _say_notes(error)
    _discard_output()
    sys.exit(EXIT_INPUT)


def _discard_output() -> None:
    """Send what is left in the buffer of standard output nowhere: Python would complain when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say_notes(error: BaseException) -> None:
    for note in getattr(error, "__notes__", ()):
        complain(f"  {note}")


def _choices(error: CycloptsError) -> str:
    """What an option may be, where it was given without a value."""
    choices = error.argument.get_choices() if isinstance(error, MissingArgumentError) and error.argument else None
    return f"Choose from: {', '.join(choices)}. " if choices else ""


def _help_command(arguments: list[str]) -> str:
    command = arguments[0] if arguments and arguments[0] in COMMANDS else None
    return f"motifnet {command} --help" if command else "motifnet --help"
