from ingestion.spec import Reader

READER = Reader(source="events", formats=("ndjson", "json", "csv"), looks_like=lambda s: False)
