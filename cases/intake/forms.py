"""What is typed beside the files, checked."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.intake.details import UploadDetails
from cases.models import Case
from cases.models.patients import PRIORITY_NAMES

SEXES = [("", "—"), ("F", _("F")), ("M", _("M")), ("O", pgettext_lazy("sex", "other"))]
OLDEST_BIRTH = date(1880, 1, 1)


class ManyFiles(forms.FileInput):
    """A file input that takes several."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """A list of uploaded files; their names and kinds decide nothing."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """At least one file, at most MAX_UPLOAD_FILES. An empty file is refused at the door, with its own row."""
        files = [file for file in data or [] if file]
        if not files:
            raise ValidationError(_("Choose at least one file."), code="required")
        if len(files) > settings.MAX_UPLOAD_FILES:
            raise ValidationError(_("Upload at most %(n)d files at once."), params={"n": settings.MAX_UPLOAD_FILES})
        return files


class DetailsForm(forms.Form):
    """Patient and question. All of it may stay empty for a DICOM file, whose header says who it is."""

    patient_id = forms.CharField(label=_("Patient number"), max_length=64, required=False)
    patient_name = forms.CharField(label=_("Name"), max_length=200, required=False)
    birth_date = forms.DateField(
        label=_("Date of birth"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    sex = forms.ChoiceField(label=_("Sex"), choices=SEXES, required=False)
    priority = forms.ChoiceField(
        label=_("Priority"), choices=list(PRIORITY_NAMES.items()), initial="normal", required=False
    )
    clinical_question = forms.CharField(
        label=_("Clinical question"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")

    def clean_birth_date(self) -> date | None:
        """A day that somebody living can have been born on."""
        born: date | None = self.cleaned_data["birth_date"]
        if born and not OLDEST_BIRTH <= born <= timezone.localdate():
            raise ValidationError(_("Enter a date of birth that is not in the future."))
        return born

    def clean_priority(self) -> str:
        """Normal where nothing is said."""
        return self.cleaned_data["priority"] or "normal"

    def clean(self) -> dict[str, Any]:
        """A name, a date of birth or a sex alone is nobody: they belong to a number."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if any(values.get(name) for name in ("patient_name", "birth_date", "sex")) and not values.get("patient_id"):
            self.add_error("patient_id", _("Enter the patient number."))
        return values

    def details(self) -> UploadDetails:
        """The checked values as the services take them."""
        values = {name: value for name, value in self.cleaned_data.items() if name != "files"}
        return UploadDetails(**values)

    @property
    def sentences(self) -> list[str]:
        """What is wrong, each with its field, for a place that shows no fields."""
        found = []
        for name, errors in self.errors.items():
            label = f"{self.fields[name].label}: " if name in self.fields and name != "files" else ""
            found += [f"{label}{error}" for error in errors]
        return found


class UploadForm(DetailsForm):
    """The upload page."""

    files = FilesField(label=_("Files"))


class CorrectionForm(DetailsForm):
    """Who a picture is of; the number is needed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["patient_id"].required = True
        self.fields["patient_id"].error_messages["required"] = _("Enter the patient number.")

    @classmethod
    def of(cls, case: Case) -> CorrectionForm:
        """Filled with what the case says now."""
        patient = case.patient
        known = {"priority": case.priority, "clinical_question": case.clinical_question}
        if patient:
            known |= {"patient_id": patient.patient_id, "patient_name": patient.name, "sex": patient.sex}
        return cls(initial={**known, "birth_date": patient.birth_date if patient else None})


class ReasonForm(forms.Form):
    """Why an upload is taken back."""

    reason = forms.CharField(label=_("Reason"), min_length=3, max_length=500, label_suffix="")
