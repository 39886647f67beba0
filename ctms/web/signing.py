"""Signing on a page: the fields of the signature, and the steps around them. Works without JavaScript."""

from typing import Any

from django import forms

from ctms.core import clock, protocols
from ctms.core.protocols import Ceremony, Proof
from ctms.core.signables import MEANINGS

_FIELDS = ("intent", "meaning", "signer", "password", "code")


def add_fields(form: forms.Form, kind: str, *, by: Any) -> None:
    """Puts the signature's fields at the end of a form."""
    form.fields["meaning"] = forms.ChoiceField(
        label="Meaning of your signature", choices=[("", "Choose …"), *MEANINGS[kind]]
    )
    form.fields["signer"] = forms.CharField(label="User name", initial=by.username, disabled=True)
    form.fields["password"] = forms.CharField(
        label="Password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    if protocols.signer().needs_code(by):
        form.fields["code"] = forms.CharField(
            label="Code of your authenticator app, or a recovery code", max_length=40,
            widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}),
        )  # fmt: skip
    form.fields["intent"] = forms.CharField(widget=forms.HiddenInput)


def begin(form: forms.Form, record: Any, kind: str, request: Any) -> Ceremony:
    """Begins a signature of the record as it is now, for the form that goes with it; what is to be shown."""
    record.refresh_from_db()
    ceremony = protocols.signer().begin(
        record, kind=kind, by=request.user, session=_session(request), at=clock.now()
    )  # fmt: skip
    form.initial["intent"] = ceremony.nonce
    if form.is_bound:
        form.data = {**form.data.dict(), "intent": ceremony.nonce}  # type: ignore[attr-defined]
    return ceremony


def prove(said: dict[str, Any], request: Any) -> Proof:
    """Takes the signature's fields out of what was said, and has the secret checked.

    Raises:
        Refusal: the secret is wrong.
    """
    given = {name: said.pop(name, "") for name in _FIELDS}
    return protocols.signer().prove(
        nonce=given["intent"], meaning=given["meaning"], password=given["password"], code=given["code"].strip(),
        by=request.user, session=_session(request), at=clock.now(),
    )  # fmt: skip


def _session(request: Any) -> str:
    return str(request.session.session_key or "")
