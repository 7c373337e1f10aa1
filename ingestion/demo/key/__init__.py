"""The answer key: every planted truth, worked out from the generator's own arrays by the rules of the definitions."""

from ingestion.demo.key.behaviour import behaviour_truths
from ingestion.demo.key.customers import customer_truths
from ingestion.demo.key.model import Check, Planted, Truth
from ingestion.demo.key.organisation import organisation_truths
from ingestion.demo.key.shipping import shipping_truths
from ingestion.demo.key.use import use_truths
from ingestion.demo.key.work import work_truths

__all__ = ["Check", "Planted", "Truth", "truths"]


def truths(planted: Planted) -> list[Truth]:
    """The whole key."""
    return [
        *customer_truths(planted),
        *use_truths(planted),
        *behaviour_truths(planted),
        *organisation_truths(planted),
        *work_truths(planted),
        *shipping_truths(planted),
    ]
