from ingestion.spec import Reader

READER = Reader(
    source="question_log", formats=("ndjson", "json", "csv"), looks_like=lambda s: False
)
