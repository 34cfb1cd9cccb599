"""Addresses of this wing."""

from __future__ import annotations

from django.urls import path

from cases.second import views

urlpatterns = [
    path("cases/<int:case_id>/second/take/", views.take, name="take_second"),
    path("cases/<int:case_id>/second/", views.store, name="store_second"),
    path("cases/<int:case_id>/third/", views.adjudicate, name="adjudicate"),
]
