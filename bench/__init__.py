"""`make bench`: this project beside a floor and what a user would pick instead; docs/benchmarks.md is its report."""
