"""Leadership snapshots: one page of KPIs from one published version, as HTML and PDF.

`take` is the entry, `due` says what is missing; the work is in `headlines` (which numbers), `sentences` (what is said
about them) and `paper` (how they are laid out). Must not know streamlit.
"""

from dashboards.snapshots.receipt import Receipt, archive, due, take

__all__ = ["Receipt", "archive", "due", "take"]
