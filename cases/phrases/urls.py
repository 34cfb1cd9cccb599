"""Addresses of this wing."""

from __future__ import annotations

from django.urls import path

from cases.phrases import views

urlpatterns = [
    path("phrases/", views.phrases, name="phrases"),
    path("phrases/<int:phrase_id>/", views.phrases, name="phrase"),
    path("phrases/<int:phrase_id>/drop/", views.drop, name="drop_phrase"),
]
