"""Addresses of this wing."""

from __future__ import annotations

from django.urls import path

from cases.blind import views

urlpatterns = [
    path("cases/<int:case_id>/opinion/", views.store, name="store_opinion"),
]
