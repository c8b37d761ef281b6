"""Reports on a comparison: one HTML page, a JSON twin, and JUnit XML for test services."""

from neuroport.compare.report.html import html_of_backends, html_report, write_html
from neuroport.compare.report.json_twin import (
    json_of_backends,
    json_report,
    json_schema,
    write_json,
)
from neuroport.compare.report.junit import junit_of_backends, junit_report, write_junit

__all__ = [
    "html_of_backends", "html_report", "json_of_backends", "json_report", "json_schema",
    "junit_of_backends", "junit_report", "write_html", "write_json", "write_junit",
]
