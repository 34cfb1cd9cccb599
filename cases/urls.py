"""Addresses of the product; each wing has its own."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("cases.worklist.urls")),
    path("", include("cases.intake.urls")),
    path("", include("cases.reading.urls")),
    path("", include("cases.blind.urls")),
    path("", include("cases.second.urls")),
    path("", include("cases.viewing.urls")),
    path("", include("cases.phrases.urls")),
    path("", include("cases.reports.urls")),
    path("", include("cases.calls.urls")),
    path("", include("cases.oversight.urls")),
    path("", include("cases.oversight.model_urls")),
]
