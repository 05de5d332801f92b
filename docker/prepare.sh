#!/bin/sh
# Makes the secrets that compose.yaml mounts, in docker/secrets; one that exists is never changed.
set -eu
cd "$(dirname "$0")"
folder=${1:-secrets}
# The folder keeps other accounts of this machine out. What is in it is readable by anyone who gets there: a container
# does not run as the account that owns these files.
umask 077
mkdir -p "$folder"
chmod 700 "$folder"

made() {
    if [ -e "$folder/$1" ]; then
        echo "$folder/$1: is there already"
        return 1
    fi
    cat >"$folder/.$1"
    chmod 444 "$folder/.$1"
    mv "$folder/.$1" "$folder/$1"
    echo "$folder/$1: made"
}

password() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
random() { head -c 32 /dev/urandom | base64; }
settings() { printf 'database_url = "postgresql+psycopg://%s:%s@postgres:5432/vigie"\n' "$1" "$(cat "$folder/$2")"; }

password | made postgres_password || true
password | made schema_password || true
password | made vigie_password || true
settings vigie_schema schema_password | made schema.toml || true
{
    settings vigie vigie_password
    # What locks the records that could not be read: URL-safe base64, as `vigie quarantine key` makes it.
    printf 'quarantine_key = "%s"\n' "$(random | tr '+/' '-_')"
} | made vigie.toml || true
printf 'k1 2000-01-01 %s\n' "$(random)" | made pseudonyms || true
# What signs the links of the messages (docs/repondre.md).
printf 'k1 2000-01-01 %s\n' "$(random)" | made liens || true
password | made grafana_password || true
