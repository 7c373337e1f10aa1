"""The fixed frame of the demo: its months, its zone, its names, and the days on which something was planted.

Knows: constants. Must not know: how anything is generated or written.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

ZONE = "Europe/Berlin"
# Twelve whole months, and a few days more so that the twelfth is over.
START = datetime(2025, 1, 1, tzinfo=UTC)
END = datetime(2026, 1, 5, 12, tzinfo=UTC)
AS_OF = "2026-01-05T12:00:00+00:00"

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def micros(at: datetime) -> int:
    """Microseconds since the epoch, the unit of every instant in the generator."""
    return round(at.timestamp()) * SECOND


START_US = micros(START)
END_US = micros(END)

# Planted days and instants.
RENAMED_AT = micros(datetime(2025, 6, 16, tzinfo=UTC))
SUMMARY_LAUNCH_AT = micros(datetime(2025, 7, 1, tzinfo=UTC))
LATE_DAY = date(2025, 11, 20)
SKEW_DAY = date(2025, 10, 15)
LOST_CLOCK_DAY = date(2025, 10, 22)
REDELIVERED_WEEK = (datetime(2025, 8, 11, tzinfo=UTC), datetime(2025, 8, 18, tzinfo=UTC))
MIXPANEL_OVERLAP_FROM = datetime(2025, 12, 29, tzinfo=UTC)

STAFF = ("staff-001", "staff-002", "staff-003", "qa-robot-1")

# Names of the plan by code. The numbers are only used inside one run of the generator.
NAMES = (
    "page_viewed",
    "signup_completed",
    "onboarding_step_completed",
    "project_created",
    "template_used",
    "report_created",
    "report_published",
    "report_viewed",
    "report_exported",
    "export_opened",
    "filter_applied",
    "dashboard_viewed",
    "ai_summary_created",
    "chart_rendered_legacy",
    "report_shared",
    "comment_added",
    "teammate_invited",
    "data_source_connected",
    "query_run",
    "alert_created",
    "alert_triggered",
    "app_opened",
    "push_received",
    "plan_upgraded",
    "invoice_downloaded",
    "banner_dismissed",
    "$identify",
)
CODE = {name: code for code, name in enumerate(NAMES)}
# What counts as active, by the plan; the rest are pages, machines, system events and the unplanned.
PASSIVE = (
    "page_viewed",
    "chart_rendered_legacy",
    "alert_triggered",
    "push_received",
    "banner_dismissed",
    "$identify",
)
OLD_NAME = "Publish Report"

WEB_MIX = {
    "page_viewed": 0.20,
    "report_viewed": 0.16,
    "dashboard_viewed": 0.12,
    "query_run": 0.12,
    "filter_applied": 0.10,
    "report_created": 0.035,
    "report_published": 0.025,
    "report_shared": 0.03,
    "comment_added": 0.03,
    "export_opened": 0.025,
    "report_exported": 0.02,
    "project_created": 0.006,
    "template_used": 0.012,
    "teammate_invited": 0.01,
    "data_source_connected": 0.01,
    "alert_created": 0.01,
    "alert_triggered": 0.02,
    "ai_summary_created": 0.022,
    "chart_rendered_legacy": 0.015,
    "plan_upgraded": 0.004,
    "invoice_downloaded": 0.006,
    "banner_dismissed": 0.01,
    "$identify": 0.01,
}
MOBILE_MIX = {
    "app_opened": 0.12,
    "report_viewed": 0.33,
    "dashboard_viewed": 0.21,
    "push_received": 0.10,
    "report_published": 0.02,
    "report_exported": 0.02,
    "comment_added": 0.08,
    "report_shared": 0.05,
    "filter_applied": 0.06,
    "alert_created": 0.01,
}
# The names that the mobile team sends.
MOBILE_NAMES = {
    "signup_completed": "Signup Completed",
    "onboarding_step_completed": "Onboarding Step",
    "project_created": "Project Created",
    "report_created": "Report Created",
    "report_published": "Report Published",
    "report_viewed": "Report Viewed",
    "report_exported": "Report Exported",
    "filter_applied": "Filter Applied",
    "dashboard_viewed": "Dashboard Viewed",
    "report_shared": "Report Shared",
    "comment_added": "Comment Added",
    "teammate_invited": "Teammate Invited",
    "alert_created": "Alert Created",
    "app_opened": "App Opened",
    "push_received": "Push Received",
}
PLANS = ("free", "pro", "business", "enterprise")
CHANNELS = ("organic", "ads", "referral", "sales")
COUNTRIES = (
    ("Germany", "DE"),
    ("France", "FR"),
    ("United States", "US"),
    ("Brazil", "BR"),
    ("Japan", "JP"),
)
