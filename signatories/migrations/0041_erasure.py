"""What names a representative can be erased; the record of states and times stays."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('signatories', '0040_transitions_without_notes'),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='erased_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='signon',
            name='erased_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('erased_at', None), models.Q(('html', ''), ('last_error', ''), ('recipient', ''), ('subject', ''), ('text', '')), _connector='OR'), name='nothing_is_left_of_an_erased_message'),
        ),
        migrations.AddConstraint(
            model_name='signon',
            constraint=models.CheckConstraint(condition=models.Q(('erased_at', None), models.Q(('email', ''), ('network_key', ''), ('representative_name', ''), ('representative_role', ''), models.Q(('state__in', ('unconfirmed', 'pending', 'queried', 'accepted')), _negated=True)), _connector='OR'), name='nothing_is_left_of_an_erased_representative'),
        ),
    ]
