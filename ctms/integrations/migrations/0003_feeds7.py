from django.db import migrations

from ctms.integrations.external import OF_A_CONNECTION


class Migration(migrations.Migration):

    dependencies = [
        ('integrations', '0002_feeds'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='sourcefact',
            name='integrations_sourcefact_connection_key',
        ),
        migrations.RunSQL(OF_A_CONNECTION, migrations.RunSQL.noop),
        # What is compressed already is not compressed once more.
        migrations.RunSQL(
            'alter table integrations_feedpayload alter column content set storage external', migrations.RunSQL.noop
        ),
    ]
