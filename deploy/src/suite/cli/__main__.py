"""`python -m suite.cli`, what the launcher hands over to."""

from suite.cli import main

main()
