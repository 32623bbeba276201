"""The infrastructure of one machine: PostgreSQL, Kafka and Traefik as plain child processes, without Docker or root."""
