"""`python -m invoicing [api|worker|relay|all|migrate|parked]`."""

import sys

from invoicing.app import run

run(sys.argv[1:])
