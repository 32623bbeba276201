"""Fulfillment needs no settings beyond every service's."""

from chassis.settings import ServiceSettings as Settings

__all__ = ["Settings"]
