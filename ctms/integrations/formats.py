"""Which adapter speaks which format, made for a connection with its credentials and its mapping."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from ctms.integrations import secrets
from ctms.integrations.edc.rws import Rws
from ctms.integrations.etmf.vault import Vault
from ctms.integrations.irt.ctms_irt_1 import CtmsIrt1
from ctms.integrations.models import Connection, Format, Secret
from ctms.integrations.ports import Adapter, Resource

_ADAPTERS: dict[str, Any] = {Format.RWS: Rws, Format.CTMS_IRT_1: CtmsIrt1, Format.VAULT: Vault}


def adapter_for(connection: Connection, content: Mapping[str, Any], **options: Any) -> Adapter:
    """The adapter of a connection.

    Args:
        content: of its mapping; says which items hold days that are wanted.
        options: `transport`, `wait`; how it is reached.

    Raises:
        FeedFailed: its credentials cannot be opened.
    """
    if connection.format == Format.RWS:
        options |= {"days": list(content.get("days", {})), "visit_item": content.get("visit_item", "")}
    elif connection.format == Format.CTMS_IRT_1:
        options |= {"is_blinded": connection.is_blinded}
    else:
        options |= {"fields": content.get("fields", {})}
    made: Adapter = _ADAPTERS[connection.format](
        connection.base_url, connection.source_study, credentials=_credentials(connection), **options
    )
    return made


def _credentials(connection: Connection) -> dict[str, str]:
    with transaction.atomic():  # a worker makes its adapters outside of one, where no sponsor's rows are seen
        secret = Secret.objects.filter(connection=connection).first()
    return secrets.opened(bytes(secret.content)) if secret else {}


def resources_of(connection: Connection) -> tuple[Resource, ...]:
    """What can be read from this connection."""
    return resources_in(connection.format)


def resources_in(format: str) -> tuple[Resource, ...]:
    """What can be read from connections of this format."""
    found: tuple[Resource, ...] = _ADAPTERS[format].resources
    return found
