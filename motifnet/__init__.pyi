"""Public names by purpose; `motifnet.lazy` imports them from here when they are first used."""

# --- the whole analysis ---

from motifnet.discovery import Discovery as Discovery, discover as discover
from motifnet.explanation import explain as explain
from motifnet.report.page import write_report as write_report

# --- sequences and labels ---

from motifnet.sequences.alphabet import one_hot as one_hot
from motifnet.sequences.dataset import Dataset as Dataset, Split as Split
from motifnet.sequences.input_spec import (
    DataSpec as DataSpec,
    IntervalSpec as IntervalSpec,
    LabelSpec as LabelSpec,
    NegativeSpec as NegativeSpec,
    SplitSpec as SplitSpec,
)
from motifnet.sequences.io.fasta import read_fasta as read_fasta, write_fasta as write_fasta
from motifnet.sequences.io.labels import read_data as read_data
from motifnet.sequences.io.genome_grid import tile_genome as tile_genome
from motifnet.sequences.io.reader import read_intervals as read_intervals
from motifnet.sequences.negatives.shuffled import shuffle as shuffle
from motifnet.sequences.quality import Finding as Finding, check_data as check_data
from motifnet.sequences.sequence_set import LengthRule as LengthRule, SequenceSet as SequenceSet
from motifnet.sequences.splits.partition import split_data as split_data

# --- networks, training and evaluation ---

from motifnet.models.baselines import baseline_predictions as baseline_predictions, baselines as baselines
from motifnet.models.dragonn import read_dragonn as read_dragonn
from motifnet.models.estimators import MotifClassifier as MotifClassifier, MotifRegressor as MotifRegressor
from motifnet.models.evaluation import evaluate as evaluate, predict_table as predict_table
from motifnet.models.keras_model import KerasModel as KerasModel
from motifnet.models.network.block import Block as Block
from motifnet.models.network.builder import build as build
from motifnet.models.network.layers import describe as describe
from motifnet.models.network.spec import ModelSpec as ModelSpec, SpecChanges as SpecChanges
from motifnet.models.performance_plots import (
    plot_history as plot_history,
    plot_pr as plot_pr,
    plot_roc as plot_roc,
)
from motifnet.models.runtime import set_threads as set_threads
from motifnet.models.sequence_model import SequenceModel as SequenceModel
from motifnet.models.trained import TrainedModel as TrainedModel, load_model as load_model
from motifnet.models.training.loop import train as train
from motifnet.models.training.train_spec import TrainSpec as TrainSpec
from motifnet.models.training.tuning import Tuning as Tuning, tune as tune
from motifnet.progress import Progress as Progress

# --- motifs ---

from motifnet.motifs.extraction_spec import (
    ExtractionSpec as ExtractionSpec,
    ReadoutSpec as ReadoutSpec,
    SiteRule as SiteRule,
)
from motifnet.motifs.io.files import read_motifs as read_motifs, write_motifs as write_motifs
from motifnet.motifs.io.modisco import ModiscoReport as ModiscoReport, read_modisco as read_modisco
from motifnet.motifs.known.comparison import annotate as annotate, compare as compare
from motifnet.motifs.known.databases import read_database as read_database
from motifnet.motifs.known.known_enrichment import enrich as enrich
from motifnet.motifs.learned.extraction import extract_motifs as extract_motifs
from motifnet.motifs.learned.sites import find_sites as find_sites
from motifnet.motifs.motif import Motif as Motif, MotifSet as MotifSet
from motifnet.motifs.plots import (
    draw_logos as draw_logos,
    plot_logo as plot_logo,
    plot_positions as plot_positions,
    plot_sites as plot_sites,
    plot_track as plot_track,
)
from motifnet.motifs.scanning.hits import Hits as Hits
from motifnet.motifs.scanning.scanners import scan as scan

# --- motifs of a model ---

from motifnet.interpretation.tables.motif_tables import MotifTables as MotifTables, tabulate_motifs as tabulate_motifs
from motifnet.interpretation.marginalization import marginalize as marginalize
from motifnet.interpretation.spacing import spacing_effects as spacing_effects
from motifnet.interpretation.spacing_plot import plot_spacing as plot_spacing

# --- bases of a sequence ---

from motifnet.interpretation.attribution.attributions import attribute as attribute
from motifnet.interpretation.attribution.contributions import Attributions as Attributions
from motifnet.interpretation.attribution.explanation_spec import ExplanationSpec as ExplanationSpec
from motifnet.interpretation.attribution.indels import IndelEffects as IndelEffects, indel_effects as indel_effects
from motifnet.interpretation.attribution.ism import mutation_effects as mutation_effects
from motifnet.interpretation.pattern_files import write_modisco as write_modisco
from motifnet.interpretation.patterns import find_patterns as find_patterns
from motifnet.interpretation.seqlets import Seqlets as Seqlets, find_seqlets as find_seqlets

# --- variants ---

from motifnet.interpretation.variants.heat_maps import (
    plot_mutation_effects as plot_mutation_effects,
    plot_saturation as plot_saturation,
)
from motifnet.interpretation.variants.variant_plot import plot_variant as plot_variant
from motifnet.interpretation.variants.variant_spec import VariantSpec as VariantSpec
from motifnet.interpretation.variants.variant_table import variant_effects as variant_effects

# --- genomes ---

from motifnet.interpretation.track_spec import TrackSpec as TrackSpec
from motifnet.interpretation.tracks import predict_tracks as predict_tracks

# --- packages with names of their own ---

from motifnet import errors as errors, simulation as simulation

__version__: str
_HOMES: dict[str, tuple[str, ...]]
