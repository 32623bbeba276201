"""`python -m catalog [api|worker|relay|all|migrate|parked]`."""

from catalog.app import service
from chassis.main import main

main(service)
