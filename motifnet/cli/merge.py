"""``motifnet merge``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import CycloptsError, Parameter

from motifnet.cli.job import limit_threads
from motifnet.cli.options import Threads
from motifnet.errors import InputError

#: Commands with the option --part.
COMMANDS = ("predict", "explain", "variants", "scan")
#: Arguments that may differ between the parts.
_OWN = ("output", "part", "threads", "merged")

PartFiles = Annotated[list[Path], Parameter(name="PARTS", help="Files of all parts, in any order.")]
Output = Annotated[
    str,
    Parameter(allow_leading_hyphen=True, help="File or folder to write, as --output of the command without --part."),
]


def merge(parts: PartFiles, /, *, output: Output, threads: Threads = None) -> None:
    """Join the parts of `predict`, `explain`, `variants` or `scan` that were computed with --part.

    The output is byte-identical to that of the command without --part. The files that the command read must still exist
    and be unchanged. Run `motifnet merge` in the folder in which the parts were computed.

    Examples
    --------
    motifnet predict model --genome hg38.fa --stride 50 --part 1/2 --output part1
    motifnet predict model --genome hg38.fa --stride 50 --part 2/2 --output part2
    motifnet merge part1 part2 --output scores.bw
    """
    limit_threads(threads)
    from motifnet.outputs import check_distinct
    from motifnet.parts import Parts

    check_distinct([output], inputs=parts)
    found = Parts.read(parts)
    commands = [
        _Command(document["command"], path) for document, path in zip(found.documents, found.paths, strict=True)
    ]
    for command in commands[1:]:
        if command.options != commands[0].options:
            what = f"{command.path} and {commands[0].path} were computed with different options"
            raise InputError(what, hint="Merge parts of the same command with the same options.")
    found.check_inputs()
    commands[0].run(output, part=None, merged=found)


class _Command:
    """The command line of a part."""

    def __init__(self, tokens: list[str], path: Path) -> None:
        from motifnet.cli.main import GLOBAL_OPTIONS, app

        self.path = path
        tokens = [token for token in tokens if token not in GLOBAL_OPTIONS]
        if tokens[:1] not in [[name] for name in COMMANDS]:
            raise InputError(
                f"{path}: the command of the part is not valid", hint="The file is damaged. Compute this part again."
            )
        try:
            self._function, self._bound, _ = app.parse_args(tokens, exit_on_error=False, print_error=False)
        except CycloptsError as error:
            hint = "The file is damaged. Compute this part again."
            raise InputError(f"{path}: the command of the part cannot be read: {error}", hint=hint) from None

    @property
    def options(self) -> dict[str, Any]:
        """Function and arguments, without those that may differ between parts."""
        own = {name: value for name, value in self._bound.arguments.items() if name not in _OWN}
        return {"command": self._function, **own}

    def run(self, output: str, **changes: Any) -> None:
        """Run the command with another output and other arguments."""
        self._bound.arguments.update(changes, output=type(self._bound.arguments["output"])(output))
        self._function(*self._bound.args, **self._bound.kwargs)
