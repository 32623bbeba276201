"""`python -m gateway [api|worker|relay|all|migrate|parked]`."""

from chassis.main import main
from gateway.app import service

main(service)
