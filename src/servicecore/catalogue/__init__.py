"""The service catalogue: what is offered to whom, and what has been agreed about it."""

from servicecore.catalogue.agreements import SLA, Agreement, AgreementKind
from servicecore.catalogue.catalogue import Catalogue
from servicecore.catalogue.customers import Customer
from servicecore.catalogue.governance import Governance, Tried
from servicecore.catalogue.services import Approval, Offering, Service

__all__ = [
    "SLA",
    "Agreement",
    "AgreementKind",
    "Approval",
    "Catalogue",
    "Customer",
    "Governance",
    "Offering",
    "Service",
    "Tried",
]
