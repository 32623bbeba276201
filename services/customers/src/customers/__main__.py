"""`python -m customers [api|worker|relay|all|migrate|parked]`."""

from chassis.main import main
from customers.app import service

if __name__ == "__main__":
    main(service)
