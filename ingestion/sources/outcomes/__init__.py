from ingestion.spec import Reader

READER = Reader(source="outcomes", formats=("ndjson", "json", "csv"), looks_like=lambda s: False)
