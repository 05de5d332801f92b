#!/bin/sh
# Run once by the PostgreSQL image, on an empty volume: the two accounts of docs/base-de-donnees.md. The passwords come
# from the secrets, never from a command line.
set -eu
schema_password=$(cat "${VIGIE_SECRETS:-/run/secrets}/schema_password")
vigie_password=$(cat "${VIGIE_SECRETS:-/run/secrets}/vigie_password")
export schema_password vigie_password
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv schema_password schema_password
\getenv vigie_password vigie_password
CREATE ROLE vigie_schema LOGIN PASSWORD :'schema_password';
CREATE ROLE vigie LOGIN PASSWORD :'vigie_password';
CREATE DATABASE vigie OWNER vigie_schema TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE vigie FROM PUBLIC;
GRANT CONNECT ON DATABASE vigie TO vigie;
\connect vigie
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO vigie_schema;
GRANT USAGE ON SCHEMA public TO vigie;
ALTER DEFAULT PRIVILEGES FOR ROLE vigie_schema IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO vigie;
SQL
