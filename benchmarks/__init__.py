"""How fast servicecore is: `python -m benchmarks` from the root of the repository."""
