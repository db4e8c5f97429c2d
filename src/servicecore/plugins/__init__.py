"""Plugins: what takes part in a host's desk, loaded one by one and asked one by one."""

from servicecore.plugins.faults import faults_in
from servicecore.plugins.plugins import GROUP, Plugins, PluginStatus
from servicecore.plugins.registered import Calendars, Owned, Registered

__all__ = ["GROUP", "Calendars", "Owned", "PluginStatus", "Plugins", "Registered", "faults_in"]
