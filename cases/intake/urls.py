"""Addresses of this wing, and of the pictures."""

from __future__ import annotations

from django.urls import URLPattern, path

from cases import media
from cases.intake import case_views, views

urlpatterns: list[URLPattern] = [
    path("upload/", views.upload, name="upload"),
    path("upload/file/", views.upload_file, name="upload_file"),
    path("uploads/", views.my_uploads, name="my_uploads"),
    path("uploads/rows/", views.my_uploads_rows, name="my_uploads_rows"),
    path("uploads/<uuid:upload_id>/answer/", views.answer, name="answer_upload"),
    path("cases/<int:case_id>/correct/", case_views.correct, name="correct_case"),
    path("cases/<int:case_id>/withdraw/", case_views.withdraw_case, name="withdraw_case"),
    path("cases/<int:case_id>/restore/", case_views.restore_case, name="restore_case"),
    path("cases/<int:case_id>/rerun/", case_views.rerun_case, name="rerun_case"),
    path("pictures/<int:radiograph_id>/", media.picture, name="picture"),
    path("pictures/<int:radiograph_id>/thumbnail/", media.thumbnail, name="thumbnail"),
    path("pictures/<int:radiograph_id>/deep/", media.deep_picture, name="deep_picture"),
]
