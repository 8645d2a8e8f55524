"""The ledger is append-only in the database too, and evidence is never changed.

A correction is an entry of its own. Entries are kept for good: they hold no more than whose seconds, of which month.
Evidence may be deleted, for retention alone, and never changed. A test says when one of these is missing: SQLite
forgets a table's triggers when a later migration makes the table anew.
"""

from django.db import migrations

GUARDS = {
    "listening_credit_unchanged": ("UPDATE", "listening_credit", "An entry of the ledger is never changed: add a correction."),
    "listening_credit_kept": ("DELETE", "listening_credit", "An entry of the ledger is never deleted: add a correction."),
    "listening_evidence_unchanged": ("UPDATE", "listening_evidence", "Evidence is never changed."),
}


def sqlite(name):
    event, table, words = GUARDS[name]
    return f"CREATE TRIGGER {name} BEFORE {event} ON {table} BEGIN SELECT RAISE(ABORT, '{words}'); END"


def guard(apps, schema_editor):
    for name, (event, table, words) in GUARDS.items():
        if schema_editor.connection.vendor == "sqlite":
            schema_editor.execute(sqlite(name))
        else:
            schema_editor.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{words}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
            )
            schema_editor.execute(
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
            )


def unguard(apps, schema_editor):
    for name, (_, table, _) in GUARDS.items():
        if schema_editor.connection.vendor == "sqlite":
            schema_editor.execute(f"DROP TRIGGER {name}")
        else:
            schema_editor.execute(f"DROP FUNCTION {name}() CASCADE")


class Migration(migrations.Migration):
    dependencies = [("listening", "0003_keep_reviews_and_thanks")]
    operations = [migrations.RunPython(guard, unguard)]
