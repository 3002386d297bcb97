"""What a model is worth: scores on labelled trajectories, pictures, and the paper's Table 1."""

from atomtug.trainer.evaluation.committee import Calibration, Limit, calibrate, try_limits
from atomtug.trainer.evaluation.evaluation import Curve, ModelEvaluation, evaluate_model
from atomtug.trainer.evaluation.scores import Scores, score, without_offset
from atomtug.trainer.evaluation.text import report

__all__ = [
    "Calibration",
    "Curve",
    "Limit",
    "ModelEvaluation",
    "Scores",
    "calibrate",
    "evaluate_model",
    "report",
    "score",
    "try_limits",
    "without_offset",
]
