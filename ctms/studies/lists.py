"""What lists of a study share."""

from django.utils.text import slugify

from ctms.studies.pages import InStudy
from ctms.web.lists import ListView


class StudyList(InStudy, ListView):
    """A list of what a study has; its files are called by the study and the list's title."""

    @property
    def file_name(self) -> str:
        return f"{self.study.slug}-{slugify(self.title)}"
