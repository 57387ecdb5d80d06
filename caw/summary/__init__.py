"""What a person reads when a run is over."""
