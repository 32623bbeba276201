"""`python -m invoicing [api|worker|relay|all|migrate|parked]`."""

from chassis.main import main
from invoicing.app import service

main(service)
