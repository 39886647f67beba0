"""What is signed of connections: a version of a mapping, whole."""

from ctms.core.signables import Content, Signable
from ctms.integrations.models import MappingVersion


def mapping_content(mapping: MappingVersion) -> Content:
    """Which system it is for, and each word of it."""
    connection = mapping.connection
    return {
        "Study": connection.scope.label,
        "Connection": connection.name,
        "Format": connection.get_format_display(),
        "Study there": connection.source_study,
        "Version": mapping.number,
        **{
            section.replace("_", " ").capitalize(): value
            if isinstance(value, str)
            else [{"Word there": word, "Word here": ours} for word, ours in sorted(value.items())]
            for section, value in mapping.content.items()
        },
    }


MAPPING = Signable(MappingVersion, mapping_content, outside="Its status, and the address of the connection.")
