"""Dagster assets: raw tables, the warehouse, what is published. Assembled in `orchestration.definitions`."""
