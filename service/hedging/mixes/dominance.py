"""Which of many plans no other is better than: no worse by any measure, and better by one.

Law: measures are costs, of which less is better. Of two plans alike by every measure neither is better.
"""

import numpy as np

from service.hedging.arrays import Floats, Truths

_BLOCK = 256


def find_undominated(measures: Floats) -> Truths:
    """Tell which rows no other row dominates.

    Args:
        measures: a row a plan, one at least; less is better.

    A row can only be dominated by one that comes before it when all are put in order, and it is enough to hold it
    against those that are not dominated themselves.
    """
    order = np.lexsort(measures.T[::-1])
    ordered = measures[order]
    is_new = np.concatenate(([True], (ordered[1:] != ordered[:-1]).any(axis=1)))
    is_kept = _find_undominated(ordered[is_new])
    undominated = np.empty(len(measures), dtype=np.bool_)
    undominated[order] = is_kept[np.cumsum(is_new) - 1]
    return undominated


def find_dominator(measures: Floats, row: int) -> int | None:
    """Give the row that dominates another, the first in the order of its measures; None where none does.

    The first in that order is dominated by none itself.
    """
    others = np.flatnonzero(np.all(measures <= measures[row], axis=1) & np.any(measures < measures[row], axis=1))
    if not len(others):
        return None
    return int(others[np.lexsort(measures[others].T[::-1])[0]])


def _find_undominated(ordered: Floats) -> Truths:
    """Do the same for rows in order that are all different: which comes first is better, if it is no worse.

    A block of rows is only held against those earlier ones of which one might be no worse than one of its own.
    """
    kept: list[Floats] = []
    least = np.empty((0, ordered.shape[1]))
    is_kept = np.zeros(len(ordered), dtype=np.bool_)
    for begin in range(0, len(ordered), _BLOCK):
        block = ordered[begin : begin + _BLOCK]
        left = np.arange(len(block))
        for place in np.flatnonzero((least <= block.max(axis=0)).all(axis=1)):
            left = left[~_is_no_better(block[left], kept[place]).any(axis=1)]
        is_before = np.tri(len(left), k=-1, dtype=np.bool_)
        left = left[~(_is_no_better(block[left], block[left]) & is_before).any(axis=1)]
        if len(left):
            is_kept[begin + left] = True
            kept.append(block[left])
            least = np.vstack((least, block[left].min(axis=0)))
    return is_kept


def _is_no_better(rows: Floats, others: Floats) -> Truths:
    """Tell of each row and each other that comes before it whether the row is better by no measure."""
    no_better = np.ones((len(rows), len(others)), dtype=np.bool_)
    for measure in range(1, rows.shape[1]):
        no_better &= others[None, :, measure] <= rows[:, measure, None]
    return no_better
