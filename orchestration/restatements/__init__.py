"""The ledger of restated numbers: a number of a closed period never changes without a row that says old, new and why.

`inputs` tells what a version was made of, `comparison` finds the numbers that differ between two versions, `causes` says
what may have changed each, `book` keeps the rows. Must not know dbt or Dagster.
"""
