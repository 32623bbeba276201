"""Consolidated invoices, closing runs, qualified-invoice PDFs."""
