"""Addresses of this wing."""

from __future__ import annotations

from django.urls import path

from cases.calls import views

urlpatterns = [
    path("calls/", views.open_calls, name="open_calls"),
    path("cases/<int:case_id>/calls/", views.calls, name="calls"),
    path("cases/<int:case_id>/calls/<int:call_id>/", views.note_call, name="note_call"),
    path("cases/<int:case_id>/calls/<int:call_id>/withdraw/", views.withdraw_call, name="withdraw_call"),
]
