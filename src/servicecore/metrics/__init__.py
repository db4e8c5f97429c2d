"""Figures over many situations; each one says on what it rests."""

from servicecore.metrics.attainment import Attainment, AttainmentTally, attainment

__all__ = ["Attainment", "AttainmentTally", "attainment"]
