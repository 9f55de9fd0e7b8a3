"""The command ``motifnet``: its commands by name, and what becomes of errors."""

from __future__ import annotations

import os
import sys
import traceback
from importlib.metadata import version

from cyclopts import App, CycloptsError

from motifnet.cli.console import listen, say
from motifnet.errors import MotifnetError

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
    "check": "Look at sequences before they are learned from: what is wrong, and what to do.",
    "simulate": "Simulate sequences with planted motifs, and the truth beside them.",
    "convert": "Write motifs in another format: MEME, JASPAR, TRANSFAC, HOMER.",
    "describe": "Show a network layer by layer: shapes, parameters, receptive fields.",
    "export": "Write a model as one .keras file that opens without motifnet.",
    "report": "Show a folder of results as one page that opens anywhere: report.html.",
    "import-dragonn": "Make a model of one that DragoNN published.",
}
EXIT_INPUT = 2
EXIT_INTERRUPTED = 130

app = App(
    name="motifnet",
    help="From DNA sequences to a trained convolutional network and motifs that every other tool reads.",
    version=version("motifnet"),
    result_action="return_value",
    suppress_keyboard_interrupt=False,  # main() has more to say
)
for _name, _help in COMMANDS.items():
    _function = _name.replace("-", "_")
    app.command(f"motifnet.cli.{_function}:{_function}", name=_name, help=_help)


def main() -> None:
    """Run one command; exit 0 when done, 2 when the input or the options are wrong, 130 when interrupted."""
    arguments = sys.argv[1:]
    is_debugging = "--debug" in arguments
    listen()
    try:
        app([a for a in arguments if a != "--debug"], exit_on_error=False, print_error=False)
    except MotifnetError as error:
        _complain(error, is_debugging)
    except CycloptsError as error:
        _complain(error, is_debugging, hint=f"See {_help_command(arguments)}.")
    except MemoryError as error:
        _complain(error, is_debugging, hint="The memory does not suffice: give fewer or shorter sequences.")
    except KeyboardInterrupt as error:
        say("motifnet: interrupted")
        _say_notes(error)
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output has seen enough (| head).
        _discard_output()
        sys.exit(1)


def _complain(error: Exception, is_debugging: bool, *, hint: str | None = None) -> None:
    if is_debugging:
        traceback.print_exception(error)
    say(f"motifnet: {error}")
    if hint:
        say(f"  {hint}")
    _say_notes(error)
    _discard_output()
    sys.exit(EXIT_INPUT)


def _discard_output() -> None:
    """Send what is left in the buffer of standard output nowhere: Python would complain when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say_notes(error: BaseException) -> None:
    for note in getattr(error, "__notes__", ()):
        say(f"  {note}")


def _help_command(arguments: list[str]) -> str:
    command = arguments[0] if arguments and arguments[0] in COMMANDS else None
    return f"motifnet {command} --help" if command else "motifnet --help"
