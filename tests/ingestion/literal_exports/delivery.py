"""Examples of delivery, roadmap, calendar, time tracking and roster exports."""

from __future__ import annotations

from literal_exports import Example, fixture

EVENT = "event_key, status, cast(start_at as varchar), cast(end_at as varchar), cast(start_on as varchar), cast(end_on as varchar), owner_email"

EXAMPLES = [
    Example("google_calendar", fixture("google_calendar/events_page.json"), "events", EVENT, [
        ("4q1standup", "confirmed", "2024-03-04 09:00:00", "2024-03-04 09:30:00", None, None, "pm@example.com"),
        ("4q1standup_20240311T090000Z", "confirmed", "2024-03-12 13:00:00", "2024-03-12 13:30:00", None, None, "pm@example.com"),
        ("4q1standup_20240325T090000Z", "cancelled", None, None, None, None, "pm@example.com"),
        ("7ooo", "confirmed", None, None, "2024-03-06", "2024-03-08", "pm@example.com"),
        ("9priv", "tentative", "2024-03-05 16:00:00", "2024-03-05 17:00:00", None, None, "pm@example.com"),
    ], "page-1.json"),
    Example("google_calendar", fixture("google_calendar/pm@example.com.ics"), "events", EVENT, [
        ("4q1standup", "confirmed", "2024-03-04 09:00:00", "2024-03-04 09:30:00", None, None, "pm@example.com"),
        ("4q1standup_20240311T090000Z", "confirmed", "2024-03-12 13:00:00", "2024-03-12 13:30:00", None, None, "pm@example.com"),
        ("7ooo", "confirmed", None, None, "2024-03-06", "2024-03-08", "pm@example.com"),
    ], "pm@example.com.ics"),
    Example("google_calendar", fixture("google_calendar/outlook.ics"), "events", EVENT + ", event_type, time_zone", [
        ("040000008200E00074C5B7101A82E0080000000", "confirmed", "2024-07-04 07:00:00", "2024-07-04 08:30:00", None, None, "dana@example.com", "default", "Europe/Berlin"),
        ("040000008200E00074C5B7101A82E0080000001", "confirmed", "2024-01-04 08:00:00", "2024-01-04 16:00:00", None, None, "dana@example.com", "outOfOffice", None),
    ], "dana@example.com.ics"),
]  # fmt: skip
