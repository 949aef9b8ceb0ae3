"""Many designs at once: sweeps over any value of a scenario, feasible designs, and which assumption matters most."""

from trialsim.sweep.pareto import pareto_set
from trialsim.sweep.play import SweepCell, SweepRun, play_sweep
from trialsim.sweep.tables import AnswerMeasure, designs_frame, overview, results_frame

__all__ = [
    "AnswerMeasure",
    "SweepCell",
    "SweepRun",
    "designs_frame",
    "overview",
    "pareto_set",
    "play_sweep",
    "results_frame",
]
