"""`python -m payments [api|worker|relay|all|migrate|parked]`."""

from __future__ import annotations

from chassis.main import main
from payments.app import service

if __name__ == "__main__":
    main(service)
