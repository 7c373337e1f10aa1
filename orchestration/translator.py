"""Names of dbt's nodes in Dagster: raw/<source>/<table>, then <layer>/<model>.

Knows dagster-dbt's translator. Must not know any model by name; what differs for one model is said in its `meta`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagster import AssetKey
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings


def raw_key(source: str, table: str) -> AssetKey:
    return AssetKey(["raw", source, table])


class WarehouseTranslator(DagsterDbtTranslator):
    """Keys by layer; source tests are no checks, because they would let dbt start before the gate."""

    def __init__(self) -> None:
        super().__init__(
            DagsterDbtTranslatorSettings(
                enable_asset_checks=True, enable_source_tests_as_checks=False
            )
        )

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return raw_key(dbt_resource_props["source_name"], dbt_resource_props["name"])
        return AssetKey([layer(dbt_resource_props), dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        if dbt_resource_props["resource_type"] == "source":
            return "raw"
        return layer(dbt_resource_props)


def layer(properties: Mapping[str, Any]) -> str:
    """staging, intermediate, marts or kpis: the first folder below models/."""
    return str(properties["fqn"][1])
