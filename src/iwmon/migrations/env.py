"""alembic's entry: runs the scripts on the connection, and in the transaction, that the store began."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    transactional_ddl=True,  # SQLite can, when the driver does not begin and end transactions itself
    render_as_batch=True,
)
context.run_migrations()
