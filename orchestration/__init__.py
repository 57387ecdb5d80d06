"""Customer Agent Warehouse: from raw conversation logs to segments and retargeting eligibility."""
