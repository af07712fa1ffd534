from django.db import migrations


class Migration(migrations.Migration):
    """The table of Django's database cache. Unlogged: after a crash of the server, counting begins anew."""

    dependencies = [("accounts", "0002_invitations_and_sessions")]

    operations = [
        migrations.RunSQL(
            """
            CREATE UNLOGGED TABLE accounts_cache (
                cache_key varchar(255) PRIMARY KEY,
                value text NOT NULL,
                expires timestamp with time zone NOT NULL
            );
            CREATE INDEX accounts_cache_expires ON accounts_cache (expires);
            """,
            "DROP TABLE accounts_cache",
        )
    ]
