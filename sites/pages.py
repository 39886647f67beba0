"""What views of one site share."""

from django.utils.functional import cached_property

from ctms.studies.pages import InStudy
from ctms.web.places import Place, found
from sites.models import Site


class InSite(InStudy):
    """A page of one site: /s/<study>/site/<number>/..."""

    @cached_property
    def site(self) -> Site:
        """The site of the address; 404 for one that is not there, or not for this person."""
        sites = Site.objects.visible_to(self.request.user)
        related = ("scope", "sponsor", "study__scope", "country__scope", "facility")
        site: Site = found(sites.filter(study=self.study, number=self.kwargs["number"]).select_related(*related))
        return site

    @property
    def place(self) -> Place:
        site = self.site
        return Place(self.sponsor, self.study, site.country, site, page=self.page, title=self.place_title)
