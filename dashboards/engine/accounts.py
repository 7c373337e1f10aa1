"""Whether the accounts that a condition names exist.

Knows the list of accounts. Must not know any question.
"""

from __future__ import annotations

from collections.abc import Iterable

from dashboards.catalogue.parameters import Condition, nearest
from dashboards.engine.conditions import OF_ACCOUNT
from dashboards.engine.scope import Scope


def warn_of_unknown(scope: Scope, conditions: Iterable[Condition]) -> None:
    """Say which value of a condition no account has, so that nobody takes a misspelt plan for one without people."""
    for condition in conditions:
        if condition.of != "account" or condition.op not in ("eq", "ne", "in", "not_in"):
            continue
        name = condition.property
        if name not in OF_ACCOUNT or not scope.published.has("marts.dim_accounts"):
            continue
        rows = scope.session.run(
            f"select distinct {name} from marts.dim_accounts where {name} is not null order by 1"  # noqa: S608
        )
        known = [value for (value,) in rows]
        values = condition.value if isinstance(condition.value, list) else [condition.value]
        for value in values:
            if value in known:
                continue
            close = nearest(str(value), known)
            scope.caveat(
                f"No account has the {name} “{str(value)[:60]}”; "
                + (
                    f"the nearest is “{close}”."
                    if close
                    else f"the list of accounts tells no {name}."
                )
            )
