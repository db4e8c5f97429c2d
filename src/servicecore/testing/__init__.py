"""What others test with: suites that hold what stores and channels promise."""
