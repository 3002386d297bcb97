"""What a model is worth: scores on labelled trajectories, pictures, and the paper's Table 1."""

from atomtug.trainer.evaluation.evaluation import Curve, Evaluation, evaluate_model
from atomtug.trainer.evaluation.scores import Calibration, Scores, calibrate, score, without_offset
from atomtug.trainer.evaluation.text import report

__all__ = [
    "Calibration",
    "Curve",
    "Evaluation",
    "Scores",
    "calibrate",
    "evaluate_model",
    "report",
    "score",
    "without_offset",
]
