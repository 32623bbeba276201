"""The worked example of chassis/README.md: a whole service, small enough to read in one sitting.

It takes notes of orders, announces them, and counts what it hears. The chassis's own tests run on it.
"""
