from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('signatories', '0011_document'),
    ]

    operations = [
        migrations.AddField(
            model_name='query',
            name='documents',
            field=models.ManyToManyField(related_name='queries', to='signatories.document'),
        ),
        migrations.AddField(
            model_name='query',
            name='reminded_at',
            field=models.DateTimeField(null=True),
        ),
    ]
