from ingestion.spec import Reader

READER = Reader(source="zendesk", formats=("ndjson", "json", "csv"), looks_like=lambda s: False)
