-- grain: one row per tool, person, window and day of the list, or last active day
{{ seat_rows('usage') }}
