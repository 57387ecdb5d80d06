"""Lines of other shapes as records of the canonical feeds: one module a vendor, found by a registry."""
