"""Factories of training and signatures."""

import factory

from audit.models import Signature
from ctms.accounts import models as accounts
from tests.factories import AT, OfSponsor, UserFactory


class CurriculumFactory(OfSponsor):
    class Meta:
        model = accounts.Curriculum

    role = "SITE_USER"
    number = factory.Sequence(lambda n: n + 50)
    title = "What site users read"


class CurriculumItemFactory(OfSponsor):
    class Meta:
        model = accounts.CurriculumItem

    curriculum = factory.SubFactory(CurriculumFactory)
    position = 1
    title = "Records"
    text = "Enter what happened."


class TrainingRecordFactory(OfSponsor):
    class Meta:
        model = accounts.TrainingRecord

    curriculum = factory.SubFactory(CurriculumFactory)
    user = factory.SubFactory(UserFactory)
    completed_at = AT
    printed_name = "User"
    time_zone = "Europe/Berlin"
    statement = "I have read it."
    content_sha256 = "0" * 64


class SignatureFactory(OfSponsor):
    class Meta:
        model = Signature

    scope = factory.LazyFunction(lambda: accounts.Scope.objects.get(path="/"))
    model = "studies.VisitSchedule"
    object_id = 1
    object_label = "Visit schedule Version 1"
    version = 1
    version_at = AT
    schema = 1
    content = '{"content": {}}'
    content_sha256 = "0" * 64
    kind = "approval"
    verb = "studies.approve_schedule"
    meaning = "APPROVED"
    meaning_words = "Approval"
    statement = "I sign."
    signer = factory.SubFactory(UserFactory)
    signer_name = "User"
    signer_roles = "Study manager"
    signed_at = AT
    time_zone = "Europe/Stockholm"
    method = "password"
    nonce = factory.Sequence(lambda n: f"nonce {n}")
