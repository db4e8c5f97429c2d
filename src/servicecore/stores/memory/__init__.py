"""The store in memory, from its tables up."""

from servicecore.stores.memory.store import MemoryStore, MemoryTx

__all__ = ["MemoryStore", "MemoryTx"]
