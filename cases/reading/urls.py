"""Addresses of this wing."""

from __future__ import annotations

from django.urls import path

from cases import media
from cases.reading import heat_views, sign_views, similar_views, views

urlpatterns = [
    path("cases/next/", views.next_case, name="next_case"),
    path("cases/<int:case_id>/", views.case, name="case"),
    path("cases/<int:case_id>/claim/", views.claim_case, name="claim_case"),
    path("cases/<int:case_id>/release/", views.release_case, name="release_case"),
    path("cases/<int:case_id>/score-anyway/", views.score_case_anyway, name="score_anyway"),
    path("cases/<int:case_id>/heat-map/", heat_views.ask, name="ask_heat_map"),
    path("heat-maps/<int:analysis_id>.png", media.heat_map, name="heat_map"),
    path("heat-maps/<int:analysis_id>.jpg", media.heat_map_picture, name="heat_map_picture"),
    path("cases/<int:case_id>/similar/", similar_views.similar, name="similar"),
    path("cases/<int:case_id>/skip/", views.skip_case, name="skip_case"),
    path("cases/<int:case_id>/keep/", views.keep_case, name="keep_case"),
    path("cases/<int:case_id>/read/", views.read_case, name="read_case"),
    path("cases/<int:case_id>/sign/", sign_views.sign_case, name="sign_case"),
    path("cases/<int:case_id>/amend/", sign_views.amend_case, name="amend_case"),
    path("cases/<int:case_id>/report/", sign_views.report, name="report"),
]
