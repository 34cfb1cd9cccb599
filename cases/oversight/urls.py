"""Addresses of this wing."""

from __future__ import annotations

from django.urls import path

from cases.oversight import views

urlpatterns = [
    path("status/", views.status, name="status"),
    path("livez", views.livez, name="livez"),
    path("readyz", views.readyz, name="readyz"),
]
