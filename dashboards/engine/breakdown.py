"""Which groups of a breakdown may be shown.

Knows the minimum group size. Must not know any single question.
"""

from __future__ import annotations

from collections.abc import Mapping

from dashboards.engine.scope import Scope

NO_VALUE = "(none)"


def shown_groups(scope: Scope, sizes: Mapping[str, int]) -> list[str]:
    """Groups that are large enough, largest first. A lone small group takes the next one with it, so no difference shows it."""
    ranked = sorted(sizes, key=lambda value: (-sizes[value], value))
    shown = [value for value in ranked if sizes[value] >= scope.minimum_group_size]
    hidden = len(ranked) - len(shown)
    if hidden == 1 and len(shown) > 1:
        shown.pop()
        hidden += 1
    if hidden:
        scope.caveat(
            f"{hidden} groups are suppressed, because one or more of them is under {scope.minimum_group_size} people."
        )
    return shown
