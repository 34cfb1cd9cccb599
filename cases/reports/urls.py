"""Addresses of this wing."""

from __future__ import annotations

from django.urls import path

from cases.reports import views

urlpatterns = [
    path("cases/<int:case_id>/report/<int:version>/pdf/", views.report_pdf, name="report_pdf"),
    path("cases/<int:case_id>/report/<int:version>/passport/", views.passport, name="passport"),
]
