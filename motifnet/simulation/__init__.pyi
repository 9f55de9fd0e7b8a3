"""Public names; `motifnet.lazy` imports them from here when they are first used."""

from motifnet.simulation.backgrounds import MarkovChain as MarkovChain, learn_background as learn_background
from motifnet.simulation.planting import Simulation as Simulation, simulate as simulate
from motifnet.simulation.scenario_spec import SCENARIOS as SCENARIOS, ScenarioSpec as ScenarioSpec
from motifnet.simulation.scenarios import simulate_scenario as simulate_scenario

_HOMES: dict[str, tuple[str, ...]]
