"""The schema's history. alembic runs it from `iwmon.store.schema`; nothing here is imported elsewhere."""
