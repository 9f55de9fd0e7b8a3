"""The command line: all commands by name, and how errors are printed."""

from __future__ import annotations

import difflib
import inspect
import io
import logging
import os
import sys
import traceback
from importlib.metadata import version

from cyclopts import App, CycloptsError, Group, MissingArgumentError, Parameter, UnusedCliTokensError

from motifnet.cli.console import console, print_error
from motifnet.errors import FormatError, InputError, MotifnetError, quoted

#: All commands by name, with the line that the list of commands shows; their modules are imported when they run.
COMMANDS = {
    "discover": "Run the whole analysis: train and evaluate a network, extract, test and annotate its motifs.",
    "train": "Train a network on labelled sequences.",
    "tune": "Search for the network and the learning rate with the lowest validation loss.",
    "evaluate": "Evaluate a model on labelled sequences.",
    "predict": "Predict probabilities, values or counts for sequences, or along a genome.",
    "explain": "Compute the contribution of each base to the score of a model.",
    "variants": "Compute the effects of variants on the score of a model.",
    "motifs": "Extract motifs from a model, test them on held-out sequences, and annotate them.",
    "scan": "Find motif sites in sequences, with p- and q-values.",
    "enrich": "Test known motifs for enrichment in sequences.",
    "compare": "Compare motifs with known motifs, as Tomtom does.",
    "logo": "Draw motifs as sequence logos.",
    "check": "Check sequences for confounders, duplicates and leakage.",
    "simulate": "Simulate sequences with planted motifs.",
    "convert": "Convert motifs between MEME, JASPAR, TRANSFAC and HOMER format.",
    "describe": "Show a network layer by layer: shapes, parameters, receptive fields.",
    "export": "Export a model as a .keras file, which needs no motifnet.",
    "report": "Write a folder of results as a self-contained HTML report.",
    "merge": "Join the parts of a computation that was divided with --part.",
    "import-keras": "Import a Keras model that was trained elsewhere.",
    "import-dragonn": "Import a published DragoNN model.",
    "doctor": "Check this installation: versions, devices, caches, and a self-test.",
}
#: Options of every command.
GLOBAL_OPTIONS = {
    "--quiet": "print only errors and warnings",
    "--verbose": "print each stage with its duration",
    "--debug": "print the Python traceback of errors",
}
EXIT_INPUT = 2
#: TensorFlow's exception for a lack of memory, by name: TensorFlow is not imported here.
_TENSORFLOW_MEMORY = "ResourceExhaustedError"

app = App(
    name="motifnet",
    help="Train convolutional networks on labelled DNA sequences, and export their motifs.",
    version=version("motifnet"),
    group_parameters=Group("Options", sort_key=0),
    default_parameter=Parameter(show_default=lambda default: None if default is False or default == () else default),
    result_action="return_value",
    suppress_keyboard_interrupt=False,  # handled in motifnet.__main__
    help_epilogue="With every command: " + "; ".join(f"{name}: {what}" for name, what in GLOBAL_OPTIONS.items()) + ".",
)
for _name, _help in COMMANDS.items():
    _function = _name.replace("-", "_")
    app.command(f"motifnet.cli.{_function}:{_function}", name=_name, help=_help)


def main() -> None:
    """Run one command; exit with 0 when it succeeds, with 2 when the input or the options are wrong."""
    given = {argument for argument in sys.argv[1:] if argument in GLOBAL_OPTIONS}
    arguments = [argument for argument in sys.argv[1:] if argument not in given]
    is_debugging = "--debug" in given
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names that the encoding of the terminal lacks
    try:
        with console(_level(given)):
            _set_help(arguments)
            app(arguments, exit_on_error=False, print_error=False)
            if sys.stdout is not None:
                sys.stdout.flush()
    except (MotifnetError, UnusedCliTokensError) as error:
        _exit(error, is_debugging, *_misplaced(error, arguments))
    except CycloptsError as error:
        _exit(error, is_debugging, hint=f"{_choices(error)}See {_help_command(arguments)}.")
    except MemoryError as error:
        _exit(error, is_debugging, "out of memory", hint="Use fewer or shorter sequences.")
    except BrokenPipeError:
        # The reader of standard output has closed it, e.g. head.
        _discard_output()
        sys.exit(1)
    except OSError as error:
        # Errors of files that commands open have their own messages: this is mostly standard output.
        _exit(error, is_debugging, f"{error.filename or 'output'}: {error.strerror or error}", hint="Check the disk.")
    except Exception as error:
        if type(error).__name__ != _TENSORFLOW_MEMORY:
            raise
        hint = "Use a smaller --batch-size, fewer filters (--num-filters) or shorter sequences (--length)."
        _exit(error, is_debugging, "out of memory for this network and batch size", hint=hint)


def _set_help(arguments: list[str]) -> None:
    """Show the whole docstring of a command, with its examples, in its own help."""
    if not arguments or arguments[0] not in COMMANDS or not {"--help", "-h"} & set(arguments):
        return
    command = app[arguments[0]]
    text, _, examples = (inspect.getdoc(command.default_command) or "").partition("\nExamples\n--------\n")
    # "Examples:" would be parsed as a section of the docstring and left out.
    command.help = f"{text.rstrip()}\n\nFor example:\n\n```sh\n{examples.strip()}\n```"


def _level(given: set[str]) -> int:
    """Logging level by the global options."""
    if given >= {"--quiet", "--verbose"}:
        raise InputError("--quiet and --verbose exclude each other", hint="Use one of them.")
    return logging.WARNING if "--quiet" in given else logging.DEBUG if "--verbose" in given else logging.INFO


def _exit(error: Exception, is_debugging: bool, message: str | None = None, hint: str | None = None) -> None:
    """Print an error, with its notes, and exit with code 2."""
    if is_debugging:
        traceback.print_exception(error)
    notes = getattr(error, "__notes__", ())
    for line in (f"motifnet: {message or error}", *(f"  {line}" for line in (hint, *notes) if line)):
        print_error(line)
    _discard_output()
    sys.exit(EXIT_INPUT)


def _discard_output() -> None:
    """Discard the buffer of standard output, which Python would try to write at exit."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _choices(error: CycloptsError) -> str:
    """Choices of an option that was given without a value."""
    choices = error.argument.get_choices() if isinstance(error, MissingArgumentError) and error.argument else None
    return f"Choose from: {', '.join(choices)}. " if choices else ""


def _misplaced(error: Exception, arguments: list[str]) -> tuple[str | None, str | None]:
    """Message and hint about an unknown option that was parsed as the name of a file, or an argument too many."""
    options = app[arguments[0]].assemble_argument_collection() if arguments and arguments[0] in COMMANDS else ()
    names = {"--", *(name for argument in options for name in argument.names)}
    see = f"See {_help_command(arguments)}."
    is_file = isinstance(error, FormatError) and str(error.path).startswith("--")
    if is_file or isinstance(error, UnusedCliTokensError):
        for given in (argument.partition("=")[0] for argument in arguments):
            if given.startswith("--") and given.replace("_", "-") not in names:
                near = difflib.get_close_matches(given, sorted(names), n=1)
                return f"unknown option {quoted(given)}", "".join(f"Did you mean {name}? " for name in near) + see
    if not isinstance(error, UnusedCliTokensError):
        return None, None
    takes_negatives = "--negatives" in names
    unexpected = f"unexpected argument {quoted((error.unused_tokens or [''])[0])}"
    return unexpected, "Use --negatives for a file of negatives. " * takes_negatives + see


def _help_command(arguments: list[str]) -> str:
    command = arguments[0] if arguments and arguments[0] in COMMANDS else None
    return f"motifnet {command} --help" if command else "motifnet --help"
