"""`python -m ordering [api|worker|relay|all|migrate|parked]`."""

from chassis.main import main
from ordering.app import service

main(service)
