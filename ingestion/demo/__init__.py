"""The demo company: a year of an invented reporting product, with truths planted and written down."""

from ingestion.demo.generate import DEFAULT_EVENTS, DEFAULT_SEED, KEY_FILE, generate, is_demo

__all__ = ["DEFAULT_EVENTS", "DEFAULT_SEED", "KEY_FILE", "generate", "is_demo"]
