#!/bin/sh
# Puts the addresses of the databases, with passwords from mounted secrets, into the environment and runs the command.
# A DATABASE_URL_<SERVICE> that is set already wins, so that any other secret store can be used instead.
set -eu
for service in catalog customers ordering fulfillment invoicing payments gateway; do
    variable=DATABASE_URL_$(echo "$service" | tr '[:lower:]' '[:upper:]')
    secret=${OROSHI_SECRETS:-/secrets}/database-$service
    if [ -z "$(printenv "$variable" || true)" ] && [ -r "$secret" ]; then
        export "$variable=postgresql://$service:$(cat "$secret")@${OROSHI_POSTGRES:-postgres:5432}/$service"
    fi
done
exec "$@"
