-- grain: one row per time entry of Toggl Track
{{ time_entry_rows('toggl') }}
