"""`python -m chassis.example [api|worker|relay|all|migrate|parked]`."""

from chassis.example.app import service
from chassis.main import main

main(service)
