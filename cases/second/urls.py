"""Addresses of this wing."""

from __future__ import annotations

from django.urls import path

from cases.second import figure_views, views

urlpatterns = [
    path("second/next/", views.next_second, name="next_second"),
    path("cases/<int:case_id>/second/release/", views.release, name="release_second"),
    path("cases/<int:case_id>/second/take/", views.take, name="take_second"),
    path("cases/<int:case_id>/second/keep/", views.keep, name="keep_second"),
    path("cases/<int:case_id>/second/", views.store, name="store_second"),
    path("cases/<int:case_id>/third/", views.adjudicate, name="adjudicate"),
    path("figures/", figure_views.my_figures, name="my_figures"),
    path("figures/pairs/", figure_views.reader_pairs, name="reader_pairs"),
]
