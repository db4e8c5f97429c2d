"""Event logs of other systems, as histories."""

from servicecore.logs.dialect import Dialect
from servicecore.logs.log import Log, Note, Unusable
from servicecore.logs.mapping import (
    Actors,
    FactColumn,
    LogMapping,
    Meaning,
    Times,
    Vocabulary,
)
from servicecore.logs.mappingfile import load_mapping, mapping_from_dict
from servicecore.logs.reading import read_log

__all__ = [
    "Actors",
    "Dialect",
    "FactColumn",
    "Log",
    "LogMapping",
    "Meaning",
    "Note",
    "Times",
    "Unusable",
    "Vocabulary",
    "load_mapping",
    "mapping_from_dict",
    "read_log",
]
