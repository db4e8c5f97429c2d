"""First-party plugins, each behind the extra that it needs."""
