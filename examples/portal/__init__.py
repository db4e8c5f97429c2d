"""A small service desk over HTTP: what a host application writes on top of servicecore.

Read it in this order: `portal` puts the parts together, `people` is the host's plugin, `web` takes
requests, `worker` does what is due.
"""
