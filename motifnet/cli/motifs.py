"""``motifnet motifs``"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from motifnet.cli.console import limit_threads, say, start_tensorflow
from motifnet.cli.options import MOTIFS, Force, Model, Negatives, Sequences, Threads
from motifnet.motifs.spec import ExtractionSpec

Output = Annotated[Path, Parameter(help="Folder to write motifs.meme, motifs.tsv, sites.tsv and logos/ to.")]
How = Annotated[ExtractionSpec, Parameter(name="*", group=MOTIFS)]


def motifs(
    model: Model,
    sequences: Sequences,
    /,
    *,
    output: Output,
    negatives: Negatives = None,
    threads: Threads = None,
    force: Force = False,
    how: How = ExtractionSpec(),
) -> None:
    """Read motifs off the first layer of a model: MEME file, tables, sites and logos.

    Examples
    --------
    motifnet motifs model peaks.fa --negatives background.fa --output motifs
    """
    limit_threads(threads)
    from motifnet.models.folder import read_header
    from motifnet.outputs import PROVENANCE, output_folder
    from motifnet.provenance import provenance

    with output_folder(output, force=force, inputs=(model, sequences, negatives)) as folder:
        data = read_header(model).read_classes(sequences, negatives)
        start_tensorflow()
        from motifnet.interpretation.motif_tables import tabulate_motifs
        from motifnet.models.trained import TrainedModel

        found = tabulate_motifs(TrainedModel.load(model), data, how=how)
        found.write_files(folder)
        (folder / PROVENANCE).write_text(provenance(command=sys.argv))
    inactive = found.filters.query("status == 'inactive'")["filter"]
    if len(inactive):
        say(f"{len(inactive)} filters are inactive (too few sites for a motif): {', '.join(inactive)}")
    say(f"{output}: {len(found.motifs)} motifs, {len(found.sites)} sites")
