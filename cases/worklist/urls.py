"""Addresses of this wing."""

from __future__ import annotations

from django.urls import URLPattern, path

from cases.worklist import live_view, views

urlpatterns: list[URLPattern] = [
    path("", views.worklist, name="worklist"),
    path("worklist/rows/", views.worklist_rows, name="worklist_rows"),
    path("worklist/search/", views.search_patient, name="worklist_search"),
    path("worklist/columns/", views.choose_columns, name="worklist_columns"),
    path("live/", live_view.live, name="live"),
]
