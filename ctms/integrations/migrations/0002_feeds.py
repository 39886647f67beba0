from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('integrations', '0001_outside'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='sourcefact',
            index=models.Index(condition=models.Q(('what', 'CORRECTION')), fields=['connection', 'ref'], name='integrations_sourcefact_fix'),
        ),
    ]
