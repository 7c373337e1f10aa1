-- grain: one row per time entry of Clockify
{{ time_entry_rows('clockify', more=['user_group']) }}
