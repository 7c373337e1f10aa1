"""Groups of people that are too small to show, put together with others (metrics.md, section 0).

Pure. Knows sizes of groups only. Whoever reads all rows but one must not learn the size or rate of a small group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

OTHER = "(other)"
MOST_GROUPS = 20


def shown_as(
    sizes: Mapping[str, Sequence[int]], minimum: int, most: int = MOST_GROUPS
) -> dict[str, str]:
    """Under which name each group is shown: its own, or `(other)` where it is small or one too many.

    A group has a size in each period; it is small where one of them is above zero and under the minimum. A lone small group
    takes the next one with it.
    """

    def is_small(counts: Sequence[int]) -> bool:
        return any(0 < count < minimum for count in counts)

    ranked = sorted(sizes, key=lambda name: (-sum(sizes[name]), name))
    large = [name for name in ranked if not is_small(sizes[name])]
    shown = large[:most]
    pooled = [name for name in ranked if name not in shown]
    if len(pooled) == 1 and pooled[0] in large:
        return {name: name for name in ranked}
    while pooled and shown:
        together = [sum(counts) for counts in zip(*(sizes[name] for name in pooled), strict=True)]
        if not is_small(together):
            break
        pooled.append(shown.pop())
    return {name: OTHER if name in pooled else name for name in ranked}
