"""What the integration tests share: running the warehouse, drawing scenarios, comparing with the reference."""
