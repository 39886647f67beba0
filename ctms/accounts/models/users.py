"""User: one identity per person, for all sponsors. Deactivated, never deleted; its name is never used again."""

import unicodedata
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower

from ctms.core.trail.history import Reason, Trail


def fold(username: str) -> str:
    """The one spelling of a user name: compatibility forms and case folded away, so look-alikes collide."""
    return unicodedata.normalize("NFKC", username.strip()).casefold()


def check_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError("%(name)s is not a time zone of the IANA database.", params={"name": name})


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=fold(username or ""))

    def create_user(self, username: str, *, full_name: str, password: str | None = None, **fields: Any) -> "User":
        """Makes an active user; without a password nobody can sign in as them until one is set."""
        user = self.model(username=fold(username), full_name=full_name, **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(force_insert=True)
        return user


class User(AbstractBaseUser):
    """A person who can sign in. Assignments alone decide what they may do: there is no staff or superuser flag."""

    known_by: ClassVar[str] = "full_name"
    person_reason: ClassVar[str] = Reason.BY_PERSON

    username = models.TextField("user name", unique=True)
    full_name = models.TextField("name")
    email = models.EmailField("e-mail", blank=True)
    time_zone = models.TextField("time zone", default="UTC", validators=[check_time_zone])
    password_is_temporary = models.BooleanField(default=False, help_text="To be changed at the next sign-in.")
    is_active = models.BooleanField("active", default=True)

    # Membership of guardian's groups is an assignment: dated, reasoned, and with a trail.
    groups = models.ManyToManyField(
        Group, through="accounts.Assignment", through_fields=("user", "group"), related_name="user_set", editable=False
    )

    last_login = None  # a sign-in is an event in the access log, not a change of the user
    is_superuser = False
    is_staff = False

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    objects: ClassVar[UserManager] = UserManager()
    history = Trail(secrets=("password", "password_is_temporary"))

    class Meta:
        ordering = ("full_name",)
        constraints = (
            models.CheckConstraint(condition=models.Q(username=Lower("username")), name="accounts_user_folded"),
            models.CheckConstraint(condition=~models.Q(username=""), name="accounts_user_named"),
        )

    def __str__(self) -> str:
        return self.full_name

    @property
    def actor_id(self) -> int:
        return self.pk

    @property
    def actor_name(self) -> str:
        return self.full_name

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name.split()[0]

    # Django asks these of any user model; roles at scopes answer instead (ctms.accounts.access).
    def has_perm(self, perm: str, obj: Any = None) -> bool:
        from ctms.accounts import access

        return self.is_active and access.holds_role(self, perm, obj)

    def has_module_perms(self, app_label: str) -> bool:
        return False
