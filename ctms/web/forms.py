"""How form fields are drawn: by our own field component."""

from django.forms.renderers import TemplatesSetting


class FormRenderer(TemplatesSetting):
    """Looks for form templates among ours first."""
