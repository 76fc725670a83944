"""Metrics of lists and of the catalogue they leave behind; one number a row, NaN means "not defined"."""

from core.metrics.catalogue import (
    calibration_kl,
    coverage,
    effective_catalogue,
    genre_shares,
    gini,
    intra_list_distance,
    novelty,
    page_diversity,
)
from core.metrics.ranking import ndcg, precision, recall, visible_recall

__all__ = [
    "calibration_kl",
    "coverage",
    "effective_catalogue",
    "genre_shares",
    "gini",
    "intra_list_distance",
    "ndcg",
    "novelty",
    "page_diversity",
    "precision",
    "recall",
    "visible_recall",
]
