-- grain: one row per use of a tool
{{ use_rows('usage') }}
