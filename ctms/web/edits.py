"""The one edit view: a record's form with the version that was read, and the page that compares when it moved on."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models.fields import BLANK_CHOICE_DASH
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views import View

from ctms.core.acting import Channel, acting
from ctms.core.refusals import Refusal
from ctms.core.trail.history import Reason
from ctms.core.versions import Stale, version_of
from ctms.web.comparing import differences, resolved
from ctms.web.forms import DateField
from ctms.web.places import PageRequest
from ctms.web.refusable import Refusable

_DASHES = BLANK_CHOICE_DASH[0][1]  # what Django draws for "nothing chosen"


class EditForm(Refusable, forms.ModelForm):
    """The fields of a model, as a person fills them in. It parses and draws; a service validates and saves."""

    long_texts: ClassVar[tuple[str, ...]] = ()  # fields that get several lines

    read_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Reason for the change", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, data: Any = None, *, asks_reason: bool, **options: Any) -> None:
        super().__init__(data, **options)
        self.is_new = self.instance.pk is None
        if not self.is_new:
            self.fields["read_version"].required = True
            self.initial.setdefault("read_version", version_of(self.instance))
        self.fields["reason"].required = asks_reason
        if not asks_reason:
            del self.fields["reason"]
        for name, field in self.fields.items():
            self._dress(name, field)
        self.order_fields([name for name in self.fields if name != "reason"])

    def _dress(self, name: str, field: forms.Field) -> None:
        """One line for what Django would draw as several; the house's date picker."""
        if isinstance(field.widget, forms.Textarea) and name in self.long_texts:
            field.widget.attrs |= {"rows": 3, "maxlength": 5000}
        elif isinstance(field.widget, forms.Textarea) and name != "reason":
            field.widget = forms.TextInput(attrs={"maxlength": 1000})
        elif isinstance(field, forms.DateField):
            field.widget = DateField.widget()
        elif isinstance(field, forms.ModelChoiceField) and field.empty_label == _DASHES:
            field.empty_label = "Choose …" if field.required else "Not given"
        elif isinstance(field, forms.ChoiceField):
            nothing = ("", "Choose …" if field.required else "Not given")
            listed: Any = field.choices
            field.choices = [nothing if choice == ("", _DASHES) else choice for choice in listed]
        field.widget.is_required = field.required

    def _post_clean(self) -> None:
        """Nothing: the instance stays as it is, and what is valid is the service's to say."""

    @property
    def said(self) -> dict[str, Any]:
        """The fields without version and reason."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("read_version", "reason")}


class EditView(View):
    """Edits one record, or makes a new one. A subclass says which, with what form, and which service saves it."""

    form_class: ClassVar[type[EditForm]]
    template_name: ClassVar[str] = "web/edit.html"
    deed: ClassVar[str]  # what is done, for the trail of a record that asks nobody why: "Adding an arm"
    submit: ClassVar[str] = "Save"

    request: PageRequest
    kwargs: dict[str, Any]

    @property
    def record(self) -> Any:
        """What is edited, read once; None for a new one."""
        return None

    @property
    def heading(self) -> str:
        return getattr(self, "title", "")

    @property
    def subject(self) -> str:
        """Of what record or place the page speaks."""
        return str(self.record or "")

    @property
    def back_url(self) -> str:
        raise NotImplementedError

    def next_url(self, record: Any) -> str:
        """Where saving leads."""
        return self.back_url

    def done(self, record: Any) -> str:
        """What is said then."""
        return f"{record}: saved."

    def undo_url(self, record: Any) -> str:
        """The address that takes it back; "" for what cannot honestly be taken back."""
        return ""

    def save(self, said: dict[str, Any], version: int | None) -> Any:
        """Calls the service; gives back the record."""
        raise NotImplementedError

    def initial(self) -> dict[str, Any]:
        return {}

    def form_options(self) -> dict[str, Any]:
        """What the form wants besides, such as the records to choose from."""
        return {}

    def asks_reason(self) -> bool:
        """Whether the person is asked why: once the record has left its draft, as its model says."""
        return self.record is not None and Reason.is_due(self.record)

    def context(self) -> dict[str, Any]:
        """What the page shows besides the form."""
        return {}

    def get(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page(self.make_form())

    def post(self, request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.make_form(resolved(request.POST, self.make_form()))
        if not form.is_valid():
            return self._page(form, status=422)
        reason = form.cleaned_data.get("reason", "").strip()
        try:
            with acting(request.user, reason=reason or self.deed, channel=Channel.WEB, by_person=bool(reason)):
                record = self.save(form.said, form.cleaned_data.get("read_version"))
        except Stale as stale:
            return self._compared(form, stale)
        except Refusal as refusal:
            form.refuse(refusal)
            return self._page(form, status=refusal.status)
        undo = self.undo_url(record)
        messages.success(request, self.done(record), extra_tags=f"undo:{undo}" if undo else "")
        return redirect(self.next_url(record))

    def make_form(self, data: Any = None) -> EditForm:
        return self.form_class(
            data, instance=self.record, initial=self.initial(), asks_reason=self.asks_reason(), **self.form_options()
        )

    def _page(self, form: EditForm, *, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "heading": self.heading,
            "subject": self.subject,
            "back_url": self.back_url,
            "submit": self.submit,
        }
        return TemplateResponse(self.request, self.template_name, context | self.context(), status=status)

    def _compared(self, form: EditForm, stale: Stale) -> HttpResponse:
        """What was, what somebody else made of it, what was typed here: nothing is lost, the person chooses."""
        form.data["read_version"] = str(stale.latest.history_id)  # type: ignore[index]  # a copy of what was posted
        context = {
            "form": form,
            "stale": stale,
            "differences": differences(form, stale),
            "hidden": [form[name] for name in form.fields if name not in ("read_version", "reason")],
            "heading": self.heading,
            "back_url": self.back_url,
        }
        return TemplateResponse(self.request, "web/compare.html", context, status=stale.status)
