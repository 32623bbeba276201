"""Rows ⇄ core state, in bulk. Lock order everywhere: billables by id, then invoices by id, then number series."""
