"""What payments decides, pure: statement files, payer names, matching, bank lines, receivables, the ledger.

Standard library and kernel only; dates, ids and settings are arguments.
"""
