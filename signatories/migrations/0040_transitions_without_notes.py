from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('signatories', '0039_notes_moved'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='transition',
            name='note',
        ),
    ]
