"""What happened to a request, and what follows from it."""
