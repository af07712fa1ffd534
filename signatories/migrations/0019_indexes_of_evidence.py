import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("signatories", "0018_network_of_a_sign_on")]

    operations = [
        migrations.RemoveIndex(model_name="organisation", name="organisation_name_trigrams"),
        migrations.AddIndex(
            model_name="organisation",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["name_normalised"], name="organisation_name_trigrams", opclasses=["gin_trgm_ops"], fastupdate=False
            ),
        ),
        migrations.RemoveIndex(model_name="variantname", name="variant_name_trigrams"),
        migrations.AddIndex(
            model_name="variantname",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["name_normalised"], name="variant_name_trigrams", opclasses=["gin_trgm_ops"], fastupdate=False
            ),
        ),
        migrations.AddIndex(
            model_name="organisation",
            index=models.Index(django.db.models.functions.text.Upper("acronym"), name="organisation_acronym"),
        ),
        migrations.AddIndex(
            model_name="organisation",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper("website"), "gin_trgm_ops"
                ),
                name="organisation_website_trigrams",
                fastupdate=False,
            ),
        ),
        migrations.AddIndex(
            model_name="signon",
            index=models.Index(django.db.models.functions.text.Lower("email"), name="sign_on_email"),
        ),
        migrations.AddIndex(
            model_name="signon",
            index=models.Index(
                django.db.models.functions.text.Lower(
                    models.Func(
                        "email",
                        models.Value("^.*@"),
                        models.Value(""),
                        function="regexp_replace",
                        output_field=models.TextField(),
                    )
                ),
                models.F("created_at"),
                name="sign_on_email_domain",
            ),
        ),
        migrations.AddIndex(
            model_name="signon",
            index=models.Index(
                condition=models.Q(("organisation", None)), fields=["name_key"], name="sign_on_name_key"
            ),
        ),
        migrations.AddIndex(
            model_name="signon",
            index=django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("organisation", None)),
                fields=["name_normalised"],
                name="sign_on_name_trigrams",
                opclasses=["gin_trgm_ops"],
                fastupdate=False,
            ),
        ),
    ]
