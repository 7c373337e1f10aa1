"""Contracts say where they are wrong."""

from __future__ import annotations

import pytest

from ingestion.contract import ContractError, all_contracts, load_contract

GOOD = """\
source: demo
title: Demo
kind: events
owner: analytics
reads: [Lines of things.]
tables:
  - name: events
    description: One row per event.
    record: a line
    identity: [id]
    received: null
    time: at
    columns:
      - {name: id, type: text, class: none, description: Key.}
      - {name: at, type: timestamp, class: none, description: When.}
"""


@pytest.fixture
def write(tmp_path):
    def write(text: str):
        folder = tmp_path / "demo"
        folder.mkdir(exist_ok=True)
        path = folder / "contract.yml"
        path.write_text(text)
        return path

    return write


def test_a_contract_is_read(write):
    contract = load_contract(write(GOOD))
    assert contract.table("events").column_types == {"id": "VARCHAR", "at": "TIMESTAMP"}


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("kind: events", "kind: stream", 3, "use one of"),
        ("source: demo", "source: other", 1, "the folder is"),
        ("identity: [id]", "identity: [uid]", 10, "not a column"),
        ("type: text", "type: string", 14, "use one of"),
        ("class: none, description: When", "class: secret, description: When", 15, "use one of"),
        ("title: Demo", "titel: Demo", 2, "no key 'titel'"),
        ("name: at, type", "name: id, type", 14, "declared twice"),
        ("time: at", "time: [at", 13, "not YAML"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(write, old, new, line, says):
    path = write(GOOD.replace(old, new, 1))
    with pytest.raises(ContractError) as error:
        load_contract(path)
    assert str(error.value).startswith(f"{path}:{line}:")
    assert says in str(error.value)


def test_every_shipped_contract_is_valid_and_classed():
    contracts = all_contracts()
    assert {"amplitude", "mixpanel", "posthog", "zendesk", "delighted", "company"} <= set(contracts)
    for contract in contracts.values():
        for table in contract.tables:
            assert all(column.description.endswith(".") for column in table.columns)
