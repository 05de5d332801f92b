"""What Alembic runs to change a database: on the connection, in the transaction, of whoever asks for it."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
