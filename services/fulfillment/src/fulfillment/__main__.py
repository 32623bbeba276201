"""`python -m fulfillment [api|worker|relay|all|migrate|parked]`."""

from chassis.main import main
from fulfillment.app import service

main(service)
