"""The portal's own tables, in the same database as those of servicecore."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, MetaData, Table, Text

metadata = MetaData()

people = Table(
    "portal_people",
    metadata,
    Column("name", Text, primary_key=True),
    Column("customer", Text),
    Column("team", Text),
    Column("email", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("hours", Text, nullable=False),
    Column("digest", Text),
)

comments = Table(
    "portal_comments",
    metadata,
    Column("event", Text, primary_key=True),  # the id of the Replied event that it belongs to
    Column("request", Text, nullable=False, index=True),
    Column("written", BigInteger, nullable=False),  # microseconds, as everywhere in servicecore
    Column("author", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("public", Boolean, nullable=False),
    Column("text", Text, nullable=False),
)
