"""`make bench`: this project next to a floor and what a user would pick instead; docs/benchmarks.md is its report."""
