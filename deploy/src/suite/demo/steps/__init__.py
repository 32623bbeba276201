"""The steps of the story, in order; each does its deeds and compares its answers."""

from suite.demo.steps.bank import bank
from suite.demo.steps.confirmations import confirmations
from suite.demo.steps.deliveries import deliveries_and_closings
from suite.demo.steps.masters import masters
from suite.demo.steps.orders import orders

__all__ = ["bank", "confirmations", "deliveries_and_closings", "masters", "orders"]
