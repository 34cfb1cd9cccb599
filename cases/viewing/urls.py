"""Addresses of this wing."""

from __future__ import annotations

from django.urls import path

from cases.viewing import views, worker_view

urlpatterns = [
    path("workstation/", views.workstation, name="workstation"),
    path("cases/<int:case_id>/beside/<int:other_id>/", views.beside, name="beside"),
    path("pictures/<int:radiograph_id>/turn/", views.turn, name="turn_picture"),
    path("cases/next/pictures/", views.next_pictures, name="next_pictures"),
    path("prefetch-worker.js", worker_view.prefetch_worker, name="prefetch_worker"),
]
