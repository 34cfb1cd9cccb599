"""Addresses of the models."""

from __future__ import annotations

from django.urls import path

from cases.oversight import model_views

urlpatterns = [
    path("models/", model_views.models, name="models"),
    path("models/side-by-side/", model_views.side_by_side, name="side_by_side"),
    path("models/<int:pk>/", model_views.model, name="model"),
]
