"""A search for good settings: Optuna over the paper's search space, judged on folds of whole trajectories."""

from atomtug.trainer.search.study import Space, open_study, search

__all__ = ["Space", "open_study", "search"]
