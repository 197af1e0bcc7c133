"""Measures that several evaluations share."""

from __future__ import annotations

import numpy as np


def unweighted_recall(truth: np.ndarray, found: np.ndarray) -> float:
    """The mean over the labels that occur of how many of each are named right (UAR)."""
    return float(np.mean([(found[truth == label] == label).mean() for label in np.unique(truth)]))


def calibration_error(probabilities: np.ndarray, truth: np.ndarray, n_bins: int = 10) -> float:
    """Expected calibration error over `n_bins` of equal width (Guo et al. 2017)."""
    sure, right = probabilities.max(1), probabilities.argmax(1) == truth
    bins = np.minimum((sure * n_bins).astype(int), n_bins - 1)
    return float(
        sum((bins == b).mean() * abs(sure[bins == b].mean() - right[bins == b].mean()) for b in np.unique(bins))
    )


def macro_f1(found: np.ndarray, truth: np.ndarray) -> float:
    """F1 averaged over labels, from bool (n, labels) each; a label that never occurs counts 0."""
    return float((2 * (found & truth).sum(0) / np.maximum(found.sum(0) + truth.sum(0), 1)).mean())


def confusion(truth: np.ndarray, found: np.ndarray, n_labels: int) -> np.ndarray:
    """How often each label (rows) is called each (columns), (n_labels, n_labels)."""
    table = np.zeros((n_labels, n_labels), int)
    np.add.at(table, (truth, found), 1)
    return table


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's, 0 where one of the two does not move."""
    from scipy.stats import spearmanr

    return 0.0 if np.ptp(a) == 0 or np.ptp(b) == 0 else float(np.asarray(spearmanr(a, b))[0])


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's r of two curves, over the frames that both have; 0 where one of them stands still."""
    n = min(len(a), len(b))
    a, b = a[:n] - a[:n].mean(), b[:n] - b[:n].mean()
    size = np.sqrt(np.sum(a**2) * np.sum(b**2))
    return float(np.sum(a * b) / size) if size > 1e-9 else 0.0
