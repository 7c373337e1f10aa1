from ingestion.spec import Reader

READER = Reader(source="exposures", formats=("ndjson", "json", "csv"), looks_like=lambda s: False)
