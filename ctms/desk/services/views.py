"""Saved views: keeping a list as somebody looks at it, sharing it, letting it go."""

from ctms.accounts.models import User
from ctms.core.acting import open_sponsor
from ctms.core.refusals import BadInput, NotAllowed
from ctms.core.use_case import use_case
from ctms.desk.models import SavedView

MOST = 200


@use_case
def save_view(*, path: str, query: str, name: str, shared: str, by: User) -> SavedView:
    """Keeps a list's filters and order under a name.

    One's own view of this name for the list, or one that others share without a lock, is written over; who may see it
    is its owner's to say.
    """
    name = name.strip()
    named = SavedView.objects.changeable_by(by).select_for_update().filter(path=path, name=name)
    view = named.filter(user=by).first() or named.first()
    if view is None:
        if SavedView.objects.filter(user=by).count() >= MOST:
            raise BadInput("TOO_MANY_VIEWS", f"You have {MOST} views already: delete some first.")
        view = SavedView(sponsor_id=open_sponsor(), user=by, path=path, name=name)
    view.query = query
    view.shared = shared if view.user_id == by.pk else view.shared
    view.full_clean()
    view.save()
    return view


@use_case
def change_view(*, view: SavedView, name: str, shared: str, by: User) -> SavedView:
    """Renames a view of one's own, or says anew who sees it."""
    view = _own(view, by)
    view.name, view.shared = name.strip(), shared
    view.full_clean()
    view.save()
    return view


@use_case
def delete_view(*, view: SavedView, by: User) -> None:
    """Lets a view of one's own go."""
    _own(view, by).delete()


def _own(view: SavedView, by: User) -> SavedView:
    locked: SavedView = SavedView.objects.select_for_update().get(pk=view.pk)
    if locked.user_id != by.pk:
        raise NotAllowed("NOT_YOUR_VIEW", "Only who made a view renames, shares or deletes it.")
    return locked
